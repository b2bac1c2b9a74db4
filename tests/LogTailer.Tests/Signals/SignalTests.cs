using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LogTailer.Tests.Signals;

/// <summary>Behaviours 15, 16, 20, 22 and 23: the real process and real signals.</summary>
public sealed class SignalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_restart_after_SIGTERM_doubles_nothing_and_loses_nothing()
    {
        using var stop = new CancellationTokenSource();
        var shipped = new List<string>();
        var writing = Task.Run(() => WriteNumbersAsync(stop.Token));

        for (var run = 0; run < 4; run++)
        {
            await using var tailer = TailerProcess.Start(_directory["app.log"]);
            await tailer.Prints(200);
            Assert.Equal(0, await tailer.TerminateAsync());
            shipped.AddRange(tailer.Lines);
        }

        await stop.CancelAsync();
        var written = await writing;
        await using var last = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await last.ExitAsync());
        shipped.AddRange(last.Lines);

        Assert.Equal(Enumerable.Range(0, written).Select(i => i.ToString(CultureInfo.InvariantCulture)), shipped);
    }

    [Fact]
    public async Task What_was_written_just_before_SIGTERM_is_still_shipped()
    {
        await using var tailer = TailerProcess.Start(_directory["app.log"]);
        _directory.Append("app.log", "1\n");
        await tailer.Prints("1");

        _directory.Append("app.log", "2\n3\nhalf");
        Assert.Equal(0, await tailer.TerminateAsync());

        Assert.Equal(["1", "2", "3"], tailer.Lines);
    }

    [Fact]
    public async Task A_restart_after_SIGKILL_loses_nothing_and_keeps_the_order()
    {
        using var stop = new CancellationTokenSource();
        var shipped = new List<List<int>>();
        var writing = Task.Run(() => WriteNumbersAsync(stop.Token));

        for (var run = 0; run < 4; run++)
        {
            await using var tailer = TailerProcess.Start(_directory["app.log"]);
            await tailer.Prints(200);
            await tailer.KillAsync();
            shipped.Add(Numbers(tailer));
        }

        await stop.CancelAsync();
        var written = await writing;
        await using var last = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await last.ExitAsync());
        shipped.Add(Numbers(last));

        Assert.All(shipped, run => Assert.Equal(Enumerable.Range(run[0], run.Count), run));
        Assert.Equal(Enumerable.Range(0, written), shipped.SelectMany(run => run).Distinct().Order());
    }

    [Fact]
    public async Task A_file_rotated_while_the_tailer_was_down_is_finished_first()
    {
        _directory.Append("app.log", "1\n");

        await using (var first = TailerProcess.Start(_directory["app.log*"]))
        {
            await first.Prints("1");
            Assert.Equal(0, await first.TerminateAsync());
        }

        _directory.Append("app.log", "2\n");
        _directory.Rename("app.log", "app.log.1");
        _directory.Append("app.log", "3\n");

        await using var second = TailerProcess.Start(_directory["app.log*"]);
        await second.Prints("2", "3");
    }

    [Fact]
    public async Task A_file_rotated_out_of_the_path_while_the_tailer_was_down_is_finished_first()
    {
        _directory.Append("app.log", "1\n");

        await using (var first = TailerProcess.Start(_directory["app.log"]))
        {
            await first.Prints("1");
            Assert.Equal(0, await first.TerminateAsync());
        }

        _directory.Append("app.log", "2\n");
        _directory.Rename("app.log", "app.log.1");
        _directory.Append("app.log", "3\n");

        await using var second = TailerProcess.Start(_directory["app.log"]);
        await second.Prints("2", "3");
    }

    [Fact]
    public async Task SIGTERM_with_nobody_reading_gives_up_at_grace_and_goes_on_from_the_last_acknowledged_line()
    {
        var lines = Enumerable.Range(0, 100_000).Select(i => $"line {i} {new string('x', 40)}").ToArray();
        _directory.Append("app.log", string.Join('\n', lines) + "\n");
        List<string> shipped;

        await using (var stuck = TailerProcess.StartWithUnreadOutput(_directory["app.log"], "--Shutdown:GraceSeconds=2"))
        {
            await Eventually.HoldsAsync(() => stuck.Diagnostics.Any(d => d.Contains("\"Found\"", StringComparison.Ordinal)), () => $"It does not begin. {stuck}");
            Assert.Equal(0, await stuck.TerminateAsync());
            Assert.Contains(stuck.Diagnostics, d => d.Contains("\"GaveUp\"", StringComparison.Ordinal));
            stuck.BeginReading();
            await stuck.ExitAsync();
            shipped = stuck.Lines;
        }

        await using var next = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await next.ExitAsync());

        // What the pipe still held was written but not acknowledged: it comes again, and nothing is missing.
        var first = Array.IndexOf(lines, next.Lines[0]);
        Assert.InRange(first, 0, shipped.Count);
        Assert.Equal(lines[first..], next.Lines);
        Assert.Equal(lines[..first], shipped.Take(first));
    }

    [Fact]
    public async Task A_reader_that_has_gone_is_a_problem_to_show_and_needs_a_restart()
    {
        _directory.Append("app.log", "1\n");
        await using var tailer = TailerProcess.Start(_directory["app.log"]);
        await tailer.Prints("1");
        Assert.Equal(200, await tailer.Probe("/healthz"));

        tailer.StopReading();
        _directory.Append("app.log", "2\n");

        await Eventually.HoldsAsync(() => tailer.Diagnostics.Any(d => d.Contains("broken pipe", StringComparison.Ordinal)), () => $"It says nothing. {tailer}");
        Assert.Equal(503, await tailer.Probe("/healthz"));
        Assert.Contains("broken pipe", (await tailer.Status())["problems"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Until_end_ships_what_stands_there_checkpoints_and_exits_0()
    {
        _directory.Append("app.log", "1\n2\nhalf");
        await using var first = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await first.ExitAsync());
        Assert.Equal(["1", "2"], first.Lines);

        _directory.Append("app.log", " and half\n");
        await using var second = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await second.ExitAsync());
        Assert.Equal(["half and half"], second.Lines);

        await using var third = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await third.ExitAsync());
        Assert.Empty(third.Lines);
    }

    [Fact]
    public async Task Until_end_with_a_reader_that_has_gone_exits_1_and_goes_on_from_the_last_acknowledged_line()
    {
        await File.WriteAllLinesAsync(_directory["app.log"], Enumerable.Range(0, 200_000).Select(i => $"{i:d10}"));

        await using (var tailer = TailerProcess.StartWithUnreadOutput(_directory["app.log"], "--Tail:UntilEnd=true"))
        {
            tailer.StopReading();
            Assert.Equal(1, await tailer.ExitAsync());
            Assert.Contains(tailer.Diagnostics, d => d.Contains("broken pipe", StringComparison.Ordinal));
        }

        await using var again = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await again.ExitAsync());
        Assert.Equal("0000199999", again.Lines[^1]);
    }

    [Fact]
    public async Task Until_end_with_nothing_there_exits_0_and_says_so()
    {
        await using var tailer = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");

        Assert.Equal(0, await tailer.ExitAsync());
        Assert.Contains(tailer.Diagnostics, d => d.Contains("There is no app.log", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lines_pass_byte_for_byte_and_diagnostics_go_to_stderr()
    {
        _directory.Append("app.log", [0xFF, 0x00, (byte)'a', (byte)'\n', 0xC3, 0xA4, (byte)'\n']);
        await using var tailer = TailerProcess.Start(_directory["app.log"]);

        await tailer.Prints(Encoding.Latin1.GetString([0xFF, 0x00, (byte)'a']), Encoding.Latin1.GetString([0xC3, 0xA4]));
        Assert.All(tailer.Diagnostics, d => Assert.StartsWith("{", d, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_file_sink_appends_the_lines()
    {
        _directory.Append("app.log", "1\n\n2\r\n");
        await using var tailer = TailerProcess.Start(_directory["app.log"], "--Sink:Type=file", $"--Sink:Path={_directory["out/shipped.txt"]}");

        await Eventually.HoldsAsync(() => File.Exists(_directory["out/shipped.txt"]) && File.ReadAllText(_directory["out/shipped.txt"]) == "1\n2\n", () => $"The lines do not come. {tailer}");
    }

    [Fact]
    public async Task A_configuration_without_a_file_is_refused_with_exit_code_2()
    {
        await using var tailer = TailerProcess.Start("");

        Assert.Equal(2, await tailer.ExitAsync());
        Assert.Contains("LOG_FILE", tailer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_could_not_work_is_refused_at_once_with_exit_code_2()
    {
        await using var tailer = TailerProcess.Start(
            _directory["app.log"],
            "--Sink:Type=http",
            "--Sink:Url=http://localhost:1",
            "--Sink:Headers:Content-Type=text/plain",
            "--Sink:Headers:no name=x",
            "--Sink:Timeout=0s",
            "--Checkpoint:Interval=0s",
            "--Tail:PollInterval=0s");

        Assert.Equal(2, await tailer.ExitAsync());
        var said = string.Join('\n', tailer.Diagnostics.Concat(tailer.Lines));
        Assert.All(
            (string[])["Sink:Headers:Content-Type", "Sink:Headers:no name", "Sink:Timeout", "Checkpoint:Interval", "Tail:PollInterval"],
            key => Assert.Contains(key, said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_metrics_of_the_page_are_exposed()
    {
        _directory.Append("app.log", "1\n2\nhalf");
        await using var tailer = TailerProcess.Start(_directory["app.log"], "--Tail:MaxLineBytes=64");
        await tailer.Prints("1", "2");
        _directory.TruncateAndWrite("app.log", new string('x', 100) + "\n");
        await tailer.Prints(3);

        // The first two lines, and the cut one; at the end of the file nothing is behind.
        await Eventually.HoldsAsync(() => tailer.Metric("log_tailer_lines_total").Result == 3, () => $"Not 3 lines: {tailer.Metrics().Result}");
        Assert.Equal(105, await tailer.Metric("log_tailer_bytes_total"));
        Assert.Equal(0, await tailer.Metric("log_tailer_lag_bytes"));
        Assert.Equal(1, await tailer.Metric("log_tailer_files_open"));
        Assert.Equal(1, await tailer.Metric("log_tailer_lines_truncated_total"));
        Assert.Equal(1, await tailer.Metric("log_tailer_rotations_total"));

        // Of what has not happened there is a 0 to compare with.
        Assert.Equal(0, await tailer.Metric("log_tailer_dead_letters_total"));
        Assert.Equal(0, await tailer.Metric("log_tailer_lines_dropped_total"));
        Assert.Equal(0, await tailer.Metric("log_tailer_lines_filtered_total"));
        Assert.InRange(await tailer.Metric("log_tailer_sink_batches_total"), 2, 3);
        Assert.InRange(await tailer.Metric("log_tailer_sink_duration_seconds_count"), 2, 3);
        Assert.InRange(await tailer.Metric("log_tailer_delivery_delay_seconds_count"), 2, 3);
        Assert.False(double.IsNaN(await tailer.Metric("log_tailer_checkpoint_age_seconds")));
    }

    [Fact]
    public async Task Idle_costs_next_to_nothing()
    {
        _directory.Append("app.log", "1\n");
        await using var tailer = TailerProcess.Start(_directory["app.log"]);
        await tailer.Prints("1");

        // A loop that does not rest would take whole seconds of these five; the fine figure is the bench's.
        await Eventually.HoldsAsync(() => tailer.Metric("log_tailer_checkpoint_age_seconds").Result == 0, () => "The checkpoint is not written.");
        var before = tailer.ProcessorTime;
        var began = Stopwatch.GetTimestamp();
        await Eventually.HoldsAsync(() => Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(5), () => "Time stands still.");

        Assert.True(tailer.ProcessorTime - before < TimeSpan.FromMilliseconds(500), $"{tailer.ProcessorTime - before} in 5 s");
    }

    private static List<int> Numbers(TailerProcess tailer)
    {
        var numbers = tailer.Lines.ConvertAll(line => int.Parse(line, CultureInfo.InvariantCulture));

        // The kernel may have taken half a line when the kill came; a whole one follows on the one before it.
        if (numbers is [.., var before, var last] && last != before + 1)
        {
            numbers.RemoveAt(numbers.Count - 1);
        }

        return numbers;
    }

    private async Task<int> WriteNumbersAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        using var stream = new FileStream(_directory["app.log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var number = 0;

        while (!stop.IsCancellationRequested)
        {
            for (var i = 0; i < 5; i++)
            {
                stream.Write(Encoding.ASCII.GetBytes($"{number++}\n"));
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        return number;
    }
}
