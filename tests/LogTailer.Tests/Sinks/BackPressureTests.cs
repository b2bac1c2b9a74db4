using LogTailer.Flow;
using LogTailer.Sinks;

namespace LogTailer.Tests.Sinks;

/// <summary>Behaviours 18 and 20: the sink takes nothing, and the file is the buffer.</summary>
public sealed class BackPressureTests : IDisposable
{
    private const int LineBytes = 1000;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Reading_stops_at_the_bound_and_goes_on_when_the_sink_takes_lines_again()
    {
        const int Lines = 20_000;
        WriteLines(0, Lines);
        await using var tailing = Tailing.Start(_directory["app.log"]);
        tailing.Sink.Hold();
        WriteLines(Lines, Lines);

        // All blocks are in flight or delivered before the hold; then the reader waits, look after look.
        await tailing.LooksAgain();
        await Eventually.HoldsAsync(() => tailing.Pipeline.DescribeStatus()["blocks_in_flight"]!.GetValue<int>() is 4 or 3, () => "It is not full.");
        await tailing.LooksAgain();
        var file = Assert.Single(tailing.Files);
        Assert.InRange(file.ReadOffset - file.Acknowledged, 1, (4 * Block.UsualBytes) + LineBytes);
        Assert.InRange(tailing.Lag, (long)Lines * LineBytes / 2, 2L * Lines * LineBytes);

        tailing.Sink.Release();
        await Eventually.HoldsAsync(() => tailing.Sink.Count == 2 * Lines, () => $"{tailing.Sink.Count} lines");
        await tailing.IsSettled();
        Assert.Equal(0, tailing.Lag);
        Assert.Equal(0, tailing.Counted("log_tailer_lines_dropped_total"));
    }

    [Fact]
    public async Task With_drop_new_lines_are_dropped_and_counted_and_the_rest_is_in_order()
    {
        const int Lines = 10_000;
        await using var tailing = Tailing.Start(_directory["app.log"], sinkOptions: new SinkOptions { OnFull = WhenFull.Drop, MaxInFlightBytes = 512 * 1024 });
        tailing.Sink.Hold();
        WriteLines(0, Lines);
        await Eventually.HoldsAsync(() => tailing.Counted("log_tailer_lines_dropped_total") > 0 && Assert.Single(tailing.Files).ReadOffset == (long)Lines * LineBytes, () => "Nothing is dropped.");

        tailing.Sink.Release();
        await tailing.IsSettled();
        await Eventually.HoldsAsync(() => !tailing.Files[0].SkippedAhead, () => "The sink's side does not learn of it.");
        WriteLines(Lines, 1);

        await Eventually.HoldsAsync(() => tailing.Sink.Count > 0 && tailing.Sink.Lines[^1].StartsWith($"{Lines} ", StringComparison.Ordinal), () => "The new line does not come.");
        Assert.Equal(Lines + 1, tailing.Sink.Count + tailing.Counted("log_tailer_lines_dropped_total"));
        await tailing.IsSettled();
        Assert.Equal((long)(Lines + 1) * LineBytes, tailing.Files[0].Acknowledged);
    }

    [Fact]
    public async Task Given_up_with_the_sink_down_the_checkpoint_stands_at_the_last_acknowledged_line()
    {
        _directory.Append("app.log", "1\n");

        await using (var first = Tailing.Start(_directory["app.log"]))
        {
            await first.Delivers("1");
            await first.IsSettled();
            first.Sink.Hold();
            _directory.Append("app.log", "2\n3\n");
            await Eventually.HoldsAsync(() => first.Files[0].ReadOffset == 6, () => "It is not read.");
            await first.AbortAsync();
        }

        await using var second = Tailing.Start(_directory["app.log"]);
        await second.Delivers("2", "3");
    }

    private void WriteLines(int from, int count)
        => _directory.Append("app.log", string.Concat(Enumerable.Range(from, count).Select(i => $"{i} ".PadRight(LineBytes - 1, 'x') + "\n")));
}
