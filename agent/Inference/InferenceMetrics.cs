using Prometheus;

namespace Agent.Inference;

/// <summary>Counts inference requests and measures their latency.</summary>
internal sealed class InferenceMetrics
{
    private static readonly double[] LatencyBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly Counter.Child _succeeded;
    private readonly Counter.Child _failed;
    private readonly Histogram _latency;
    private readonly Gauge _inFlight;

    public InferenceMetrics(IMetricFactory metrics)
    {
        var requests = metrics.CreateCounter("inference_requests_total", "Completed inference requests, by outcome.", ["status"]);
        _succeeded = requests.WithLabels("success");
        _failed = requests.WithLabels("error");
        _latency = metrics.CreateHistogram(
            "inference_latency_seconds", "Time from an inference request's arrival to its response.",
            new HistogramConfiguration { Buckets = LatencyBuckets });
        _inFlight = metrics.CreateGauge("inference_in_flight", "Inference requests in progress or waiting for the model.");
    }

    public void IncrementInFlight() => _inFlight.Inc();

    public void DecrementInFlight() => _inFlight.Dec();

    public void RecordCompletion(bool success, TimeSpan latency)
    {
        (success ? _succeeded : _failed).Inc();
        _latency.Observe(latency.TotalSeconds);
    }
}
