using System.Diagnostics;
using System.Globalization;

namespace LogTailer.Tests.Sinks;

/// <summary>A store that returns 503 for a while, as during its restart, with the real program and its backoff.</summary>
public sealed class OutageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>The duration in seconds: <c>LOG_TAILER_OUTAGE_SECONDS</c>, default 5; <c>.ci/run</c> uses a minute.</summary>
    private static TimeSpan Outage => TimeSpan.FromSeconds(
        int.Parse(Environment.GetEnvironmentVariable("LOG_TAILER_OUTAGE_SECONDS") ?? "5", CultureInfo.InvariantCulture));

    [Fact]
    public async Task Store_that_recovers_from_503_gets_every_line_once_in_order()
    {
        var startedAt = 0L;
        await using var store = await LogStore.StartAsync((context, _) =>
        {
            Interlocked.CompareExchange(ref startedAt, Stopwatch.GetTimestamp(), 0);
            context.Response.StatusCode = Stopwatch.GetElapsedTime(startedAt) < Outage ? 503 : 204;
            return Task.CompletedTask;
        });
        await using var tailer = TailerProcess.Start(
            _directory["app.log"], "--Sink:Type=http", $"--Sink:Url={store.Url}", "--Sink:RetryUpTo=5s");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var written = 0;

        while (Interlocked.Read(ref startedAt) == 0 || Stopwatch.GetElapsedTime(startedAt) < Outage)
        {
            _directory.AppendToFile("app.log", $"{written++}\n");
            await timer.WaitForNextTickAsync();
        }

        await Eventually.AssertAsync(
            () => store.Lines.Count >= written, () => $"{store.Lines.Count} of {written} lines. {tailer}", Outage + Eventually.Deadline);
        Assert.Equal(Enumerable.Range(0, written).Select(i => $"{i}"), store.Lines);
        Assert.True(await tailer.ReadMetricAsync("log_tailer_sink_retries_total") >= 1);
        Assert.Equal(200, await tailer.ProbeAsync("/healthz"));
        await Eventually.AssertAsync(() => tailer.GetStatusAsync().Result["problems"]!.AsArray().Count == 0, tailer.ToString);
    }
}
