using System.Diagnostics.Metrics;

namespace Agent.Inference;

/// <summary>The lesson's two metrics, and how many requests are in work.</summary>
internal sealed class InferenceMetrics : IHostedService
{
    private static readonly KeyValuePair<string, object?> Success = new("status", "success");
    private static readonly KeyValuePair<string, object?> Error = new("status", "error");

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _latency;
    private readonly UpDownCounter<long> _inFlight;

    public InferenceMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("agent");
        _requests = meter.CreateCounter<long>(
            "inference_requests_total", description: "Inference requests answered, by outcome.");
        _latency = meter.CreateHistogram(
            "inference_latency_seconds",
            unit: "s",
            description: "Time from an inference request's arrival to its answer.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries =
                    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
            });
        _inFlight = meter.CreateUpDownCounter<long>(
            "inference_in_flight", description: "Inference requests being worked on or waiting for their turn.");
    }

    /// <summary>Both outcomes are there from the start: a rate over a series that is not there yet misses its first events.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _requests.Add(0, Success);
        _requests.Add(0, Error);
        _inFlight.Add(0);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Entered() => _inFlight.Add(1);

    public void Left() => _inFlight.Add(-1);

    public void Done(bool success, TimeSpan latency)
    {
        _requests.Add(1, success ? Success : Error);
        _latency.Record(latency.TotalSeconds);
    }
}
