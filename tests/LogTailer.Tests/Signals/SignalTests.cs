using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LogTailer.Tests.Signals;

/// <summary>The real process with real signals.</summary>
public sealed class SignalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Restart_after_SIGTERM_repeats_and_loses_nothing()
    {
        using var stop = new CancellationTokenSource();
        var shipped = new List<string>();
        var writing = Task.Run(() => WriteNumbersAsync(stop.Token));

        for (var run = 0; run < 4; run++)
        {
            await using var tailer = TailerProcess.Start(_directory["app.log"]);
            await tailer.WaitForOutputAsync(200);
            Assert.Equal(0, await tailer.TerminateAsync());
            shipped.AddRange(tailer.Lines);
        }

        await stop.CancelAsync();
        var written = await writing;
        await using var last = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await last.WaitForExitAsync());
        shipped.AddRange(last.Lines);

        Assert.Equal(Enumerable.Range(0, written).Select(i => i.ToString(CultureInfo.InvariantCulture)), shipped);
    }

    [Fact]
    public async Task Lines_written_just_before_SIGTERM_are_shipped()
    {
        await using var tailer = TailerProcess.Start(_directory["app.log"]);
        _directory.AppendToFile("app.log", "1\n");
        await tailer.AssertOutputAsync("1");

        _directory.AppendToFile("app.log", "2\n3\nhalf");
        Assert.Equal(0, await tailer.TerminateAsync());

        Assert.Equal(["1", "2", "3"], tailer.Lines);
    }

    [Fact]
    public async Task Restart_after_SIGKILL_loses_nothing_and_keeps_the_order()
    {
        using var stop = new CancellationTokenSource();
        var shipped = new List<List<int>>();
        var writing = Task.Run(() => WriteNumbersAsync(stop.Token));

        for (var run = 0; run < 4; run++)
        {
            await using var tailer = TailerProcess.Start(_directory["app.log"]);
            await tailer.WaitForOutputAsync(200);
            await tailer.KillAsync();
            shipped.Add(ParseNumbers(tailer));
        }

        await stop.CancelAsync();
        var written = await writing;
        await using var last = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await last.WaitForExitAsync());
        shipped.Add(ParseNumbers(last));

        Assert.All(shipped, run => Assert.Equal(Enumerable.Range(run[0], run.Count), run));
        Assert.Equal(Enumerable.Range(0, written), shipped.SelectMany(run => run).Distinct().Order());
    }

    [Fact]
    public async Task File_rotated_within_the_glob_while_down_is_finished_first()
    {
        _directory.AppendToFile("app.log", "1\n");

        await using (var first = TailerProcess.Start(_directory["app.log*"]))
        {
            await first.AssertOutputAsync("1");
            Assert.Equal(0, await first.TerminateAsync());
        }

        _directory.AppendToFile("app.log", "2\n");
        _directory.RenameFile("app.log", "app.log.1");
        _directory.AppendToFile("app.log", "3\n");

        await using var second = TailerProcess.Start(_directory["app.log*"]);
        await second.AssertOutputAsync("2", "3");
    }

    [Fact]
    public async Task File_renamed_out_of_the_path_while_down_is_finished_first()
    {
        _directory.AppendToFile("app.log", "1\n");

        await using (var first = TailerProcess.Start(_directory["app.log"]))
        {
            await first.AssertOutputAsync("1");
            Assert.Equal(0, await first.TerminateAsync());
        }

        _directory.AppendToFile("app.log", "2\n");
        _directory.RenameFile("app.log", "app.log.1");
        _directory.AppendToFile("app.log", "3\n");

        await using var second = TailerProcess.Start(_directory["app.log"]);
        await second.AssertOutputAsync("2", "3");
    }

    [Fact]
    public async Task SIGTERM_with_blocked_stdout_times_out_and_keeps_the_position()
    {
        var lines = Enumerable.Range(0, 100_000).Select(i => $"line {i} {new string('x', 40)}").ToArray();
        _directory.AppendToFile("app.log", string.Join('\n', lines) + "\n");
        IReadOnlyList<string> shipped;

        await using (var stuck = TailerProcess.StartWithUnreadOutput(_directory["app.log"], "--Shutdown:GraceSeconds=2"))
        {
            await Eventually.AssertAsync(
                () => stuck.Diagnostics.Any(d => d.Contains("\"FileFound\"", StringComparison.Ordinal)),
                () => $"Following does not start. {stuck}");
            Assert.Equal(0, await stuck.TerminateAsync());
            Assert.Contains(stuck.Diagnostics, d => d.Contains("\"ShutdownTimedOut\"", StringComparison.Ordinal));
            stuck.Process.StartReadingOutput();
            await stuck.WaitForExitAsync();
            shipped = stuck.Lines;
        }

        await using var next = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await next.WaitForExitAsync());

        // The content of the pipe was written but not acknowledged, so it is shipped again, and nothing is missing.
        var first = Array.IndexOf(lines, next.Lines[0]);
        Assert.InRange(first, 0, shipped.Count);
        Assert.Equal(lines[first..], next.Lines);
        Assert.Equal(lines[..first], shipped.Take(first));
    }

    [Fact]
    public async Task Closed_stdout_is_reported_as_a_problem_and_fails_liveness()
    {
        _directory.AppendToFile("app.log", "1\n");
        await using var tailer = TailerProcess.Start(_directory["app.log"]);
        await tailer.AssertOutputAsync("1");
        Assert.Equal(200, await tailer.ProbeAsync("/healthz"));

        tailer.Process.CloseOutput();
        _directory.AppendToFile("app.log", "2\n");

        await Eventually.AssertAsync(
            () => tailer.Diagnostics.Any(d => d.Contains("broken pipe", StringComparison.Ordinal)),
            () => $"No problem is logged. {tailer}");
        Assert.Equal(503, await tailer.ProbeAsync("/healthz"));
        Assert.Contains("broken pipe", (await tailer.GetStatusAsync())["problems"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Until_end_ships_existing_lines_writes_the_checkpoint_and_exits_0()
    {
        _directory.AppendToFile("app.log", "1\n2\nhalf");
        await using var first = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await first.WaitForExitAsync());
        Assert.Equal(["1", "2"], first.Lines);

        _directory.AppendToFile("app.log", " and half\n");
        await using var second = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await second.WaitForExitAsync());
        Assert.Equal(["half and half"], second.Lines);

        await using var third = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await third.WaitForExitAsync());
        Assert.Empty(third.Lines);
    }

    [Fact]
    public async Task Until_end_with_closed_stdout_exits_1_and_keeps_the_position()
    {
        await File.WriteAllLinesAsync(_directory["app.log"], Enumerable.Range(0, 200_000).Select(i => $"{i:d10}"));

        await using (var tailer = TailerProcess.StartWithUnreadOutput(_directory["app.log"], "--Tail:UntilEnd=true"))
        {
            tailer.Process.CloseOutput();
            Assert.Equal(1, await tailer.WaitForExitAsync());
            Assert.Contains(tailer.Diagnostics, d => d.Contains("broken pipe", StringComparison.Ordinal));
        }

        await using var again = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");
        Assert.Equal(0, await again.WaitForExitAsync());
        Assert.Equal("0000199999", again.Lines[^1]);
    }

    [Fact]
    public async Task Until_end_without_a_file_exits_0_and_logs_the_reason()
    {
        await using var tailer = TailerProcess.Start(_directory["app.log"], "--Tail:UntilEnd=true");

        Assert.Equal(0, await tailer.WaitForExitAsync());
        Assert.Contains(tailer.Diagnostics, d => d.Contains("There is no app.log", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lines_are_unchanged_and_diagnostics_are_written_to_stderr()
    {
        _directory.AppendToFile("app.log", [0xFF, 0x00, (byte)'a', (byte)'\n', 0xC3, 0xA4, (byte)'\n']);
        await using var tailer = TailerProcess.Start(_directory["app.log"]);

        await tailer.AssertOutputAsync(Encoding.Latin1.GetString([0xFF, 0x00, (byte)'a']), Encoding.Latin1.GetString([0xC3, 0xA4]));
        Assert.All(tailer.Diagnostics, d => Assert.StartsWith("{", d, StringComparison.Ordinal));
    }

    [Fact]
    public async Task File_sink_appends_the_lines()
    {
        _directory.AppendToFile("app.log", "1\n\n2\r\n");
        await using var tailer = TailerProcess.Start(
            _directory["app.log"], "--Sink:Type=file", $"--Sink:Path={_directory["out/shipped.txt"]}");

        await Eventually.AssertAsync(
            () => File.Exists(_directory["out/shipped.txt"]) && File.ReadAllText(_directory["out/shipped.txt"]) == "1\n2\n",
            () => $"The lines were not written. {tailer}");
    }

    [Fact]
    public async Task Configuration_without_a_log_is_rejected_with_exit_code_2()
    {
        await using var tailer = TailerProcess.Start("");

        Assert.Equal(2, await tailer.WaitForExitAsync());
        Assert.Contains("LOG_FILE", tailer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_settings_are_all_rejected_at_start_with_exit_code_2()
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

        Assert.Equal(2, await tailer.WaitForExitAsync());
        var errors = string.Join('\n', tailer.Diagnostics.Concat(tailer.Lines));
        Assert.All(
            (string[])["Sink:Headers:Content-Type", "Sink:Headers:no name", "Sink:Timeout", "Checkpoint:Interval", "Tail:PollInterval"],
            key => Assert.Contains(key, errors, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Documented_metrics_are_exposed_and_start_at_zero()
    {
        _directory.AppendToFile("app.log", "1\n2\nhalf");
        await using var tailer = TailerProcess.Start(_directory["app.log"], "--Tail:MaxLineBytes=64");
        await tailer.AssertOutputAsync("1", "2");
        _directory.TruncateAndWrite("app.log", new string('x', 100) + "\n");
        await tailer.WaitForOutputAsync(3);

        // The first two lines and the truncated one.
        await Eventually.AssertAsync(
            () => tailer.ReadMetricAsync("log_tailer_lines_total").Result == 3, () => $"Not 3 lines: {tailer.GetMetricsAsync().Result}");
        Assert.Equal(105, await tailer.ReadMetricAsync("log_tailer_bytes_total"));
        Assert.Equal(0, await tailer.ReadMetricAsync("log_tailer_lag_bytes"));
        Assert.Equal(1, await tailer.ReadMetricAsync("log_tailer_files_open"));
        Assert.Equal(1, await tailer.ReadMetricAsync("log_tailer_lines_truncated_total"));
        Assert.Equal(1, await tailer.ReadMetricAsync("log_tailer_rotations_total"));
        Assert.Equal(0, await tailer.ReadMetricAsync("log_tailer_rotations_total{kind=\"rename\"}"));

        // Counters start at 0, so that the first increase is visible.
        Assert.Equal(0, await tailer.ReadMetricAsync("log_tailer_dead_letters_total"));
        Assert.Equal(0, await tailer.ReadMetricAsync("log_tailer_lines_dropped_total"));
        Assert.Equal(0, await tailer.ReadMetricAsync("log_tailer_lines_filtered_total"));
        Assert.InRange(await tailer.ReadMetricAsync("log_tailer_sink_batches_total"), 2, 3);
        Assert.InRange(await tailer.ReadMetricAsync("log_tailer_sink_duration_seconds_count"), 2, 3);
        Assert.InRange(await tailer.ReadMetricAsync("log_tailer_delivery_delay_seconds_count"), 2, 3);
        Assert.False(double.IsNaN(await tailer.ReadMetricAsync("log_tailer_checkpoint_age_seconds")));
    }

    [Fact]
    public async Task Idle_tailer_uses_almost_no_processor_time()
    {
        _directory.AppendToFile("app.log", "1\n");
        await using var tailer = TailerProcess.Start(_directory["app.log"]);
        await tailer.AssertOutputAsync("1");

        // A busy loop would use whole seconds of these five. The benchmark measures precisely.
        await Eventually.AssertAsync(
            () => tailer.ReadMetricAsync("log_tailer_checkpoint_age_seconds").Result == 0, () => "The checkpoint was not written.");
        var before = tailer.Process.ProcessorTime;
        var startedAt = Stopwatch.GetTimestamp();
        await Eventually.AssertAsync(() => Stopwatch.GetElapsedTime(startedAt) > TimeSpan.FromSeconds(5), () => "The time does not pass.");

        Assert.True(
            tailer.Process.ProcessorTime - before < TimeSpan.FromMilliseconds(500), $"{tailer.Process.ProcessorTime - before} in 5 s");
    }

    private static List<int> ParseNumbers(TailerProcess tailer)
    {
        var numbers = tailer.Lines.Select(line => int.Parse(line, CultureInfo.InvariantCulture)).ToList();

        // The kill may have split the last line. A complete number continues the sequence.
        if (numbers is [.., var before, var last] && last != before + 1)
        {
            numbers.RemoveAt(numbers.Count - 1);
        }

        return numbers;
    }

    private async Task<int> WriteNumbersAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        using var stream = new FileStream(
            _directory["app.log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
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
