using System.Diagnostics.Metrics;

namespace Agent.Inference;

/// <summary>The lesson's two metrics, and how many requests are in work.</summary>
/// <remarks>
/// What only counts is counted here and read when it is scraped: cheaper by far than an instrument that is told of every request.
/// A hosted service so that it is made before the first scrape: a rate over a series that is not there yet misses its first events.
/// </remarks>
internal sealed class InferenceMetrics : IHostedService
{
    private static readonly KeyValuePair<string, object?> Success = new("status", "success");
    private static readonly KeyValuePair<string, object?> Error = new("status", "error");

    private readonly Histogram<double> _latency;
    private long _succeeded;
    private long _failed;
    private long _inFlight;

    public InferenceMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("agent");
        meter.CreateObservableCounter(
            "inference_requests_total",
            () => (Measurement<long>[])[new(Interlocked.Read(ref _succeeded), Success), new(Interlocked.Read(ref _failed), Error)],
            description: "Inference requests answered, by outcome.");
        _latency = meter.CreateHistogram(
            "inference_latency_seconds",
            unit: "s",
            description: "Time from an inference request's arrival to its answer.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries =
                    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
            });
        meter.CreateObservableUpDownCounter(
            "inference_in_flight",
            () => Interlocked.Read(ref _inFlight),
            description: "Inference requests being worked on or waiting for their turn.");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Entered() => Interlocked.Increment(ref _inFlight);

    public void Left() => Interlocked.Decrement(ref _inFlight);

    public void Done(bool success, TimeSpan latency)
    {
        Interlocked.Increment(ref success ? ref _succeeded : ref _failed);
        _latency.Record(latency.TotalSeconds);
    }
}
