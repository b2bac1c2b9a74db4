using LogTailer.Blocks;
using LogTailer.Sinks;

namespace LogTailer.Tests.Sinks;

/// <summary>The sink accepts no lines, and the file is the buffer.</summary>
public sealed class BackpressureTests : IDisposable
{
    private const int LineBytes = 1000;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Reading_stops_at_the_limit_and_resumes_with_the_sink()
    {
        const int Lines = 20_000;
        WriteLines(0, Lines);
        await using var tailing = Tailing.Start(_directory["app.log"]);
        tailing.Sink.Pause();
        WriteLines(Lines, Lines);

        // All blocks are in flight or were delivered before the pause. Then the reader waits.
        await tailing.WaitForScansAsync();
        await Eventually.AssertAsync(
            () => tailing.Pipeline.DescribeStatus()["blocks_in_flight"]!.GetValue<int>() is 4 or 3, () => "The pool is not exhausted.");
        await tailing.WaitForScansAsync();
        var file = Assert.Single(tailing.Files);
        Assert.InRange(file.ReadOffset - file.Acknowledged, 1, (4 * Block.DefaultBytes) + LineBytes);
        Assert.InRange(tailing.Lag, (long)Lines * LineBytes / 2, 2L * Lines * LineBytes);

        tailing.Sink.Resume();
        await Eventually.AssertAsync(() => tailing.Sink.Count == 2 * Lines, () => $"{tailing.Sink.Count} lines");
        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal(0, tailing.Lag);
        Assert.Equal(0, tailing.ReadCounter("log_tailer_lines_dropped_total"));
    }

    [Fact]
    public async Task Drop_mode_counts_dropped_lines_and_keeps_the_order()
    {
        const int Lines = 10_000;
        await using var tailing = Tailing.Start(
            _directory["app.log"], sinkOptions: new SinkOptions { OnFull = BackpressureMode.Drop, MaxInFlightBytes = 512 * 1024 });
        tailing.Sink.Pause();
        WriteLines(0, Lines);
        await Eventually.AssertAsync(() => tailing.ReadCounter("log_tailer_lines_dropped_total") > 0 && Assert.Single(tailing.Files).ReadOffset == (long)Lines * LineBytes, () => "No line was dropped.");

        tailing.Sink.Resume();
        await tailing.WaitForAcknowledgementAsync();
        await Eventually.AssertAsync(() => !tailing.Files[0].HasUnreportedDrop, () => "The drop is not reported to the sink.");
        WriteLines(Lines, 1);

        await Eventually.AssertAsync(
            () => tailing.Sink.Count > 0 && tailing.Sink.Lines[^1].StartsWith($"{Lines} ", StringComparison.Ordinal),
            () => "The new line was not shipped.");
        Assert.Equal(Lines + 1, tailing.Sink.Count + tailing.ReadCounter("log_tailer_lines_dropped_total"));
        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal((long)(Lines + 1) * LineBytes, tailing.Files[0].Acknowledged);
    }

    [Fact]
    public async Task Aborted_shutdown_keeps_the_checkpoint_at_the_last_acknowledged_line()
    {
        _directory.AppendToFile("app.log", "1\n");

        await using (var first = Tailing.Start(_directory["app.log"]))
        {
            await first.AssertDeliveredAsync("1");
            await first.WaitForAcknowledgementAsync();
            first.Sink.Pause();
            _directory.AppendToFile("app.log", "2\n3\n");
            await Eventually.AssertAsync(() => first.Files[0].ReadOffset == 6, () => "The lines were not read.");
            await first.AbortAsync();
        }

        await using var second = Tailing.Start(_directory["app.log"]);
        await second.AssertDeliveredAsync("2", "3");
    }

    private void WriteLines(int from, int count)
        => _directory.AppendToFile(
            "app.log", string.Concat(Enumerable.Range(from, count).Select(i => $"{i} ".PadRight(LineBytes - 1, 'x') + "\n")));
}
