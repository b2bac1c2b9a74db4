using System.Diagnostics;
using System.Globalization;

namespace LogTailer.Tests.Sinks;

/// <summary>A store that answers 503 for long, as stores do while they are restarted: the real program, with its own back-off.</summary>
public sealed class OutageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>How long: <c>LOG_TAILER_OUTAGE_SECONDS</c>, default 5; <c>.ci/run</c> has a minute.</summary>
    private static TimeSpan Outage => TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("LOG_TAILER_OUTAGE_SECONDS") ?? "5", CultureInfo.InvariantCulture));

    [Fact]
    public async Task A_store_that_answers_503_for_long_gets_every_line_once_and_in_order_when_it_is_back()
    {
        var began = 0L;
        await using var store = await LogStore.StartAsync((context, _) =>
        {
            Interlocked.CompareExchange(ref began, Stopwatch.GetTimestamp(), 0);
            context.Response.StatusCode = Stopwatch.GetElapsedTime(began) < Outage ? 503 : 204;
            return Task.CompletedTask;
        });
        await using var tailer = TailerProcess.Start(_directory["app.log"], "--Sink:Type=http", $"--Sink:Url={store.Url}", "--Sink:RetryUpTo=5s");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var written = 0;

        while (Interlocked.Read(ref began) == 0 || Stopwatch.GetElapsedTime(began) < Outage)
        {
            _directory.Append("app.log", $"{written++}\n");
            await timer.WaitForNextTickAsync();
        }

        await Eventually.HoldsAsync(() => store.Lines.Count >= written, () => $"{store.Lines.Count} of {written} lines. {tailer}", Outage + Eventually.Deadline);
        Assert.Equal(Enumerable.Range(0, written).Select(i => $"{i}"), store.Lines);
        Assert.True(await tailer.Metric("log_tailer_sink_retries_total") >= 1);
        Assert.Equal(200, await tailer.Probe("/healthz"));
        await Eventually.HoldsAsync(() => tailer.Status().Result["problems"]!.AsArray().Count == 0, tailer.ToString);
    }
}
