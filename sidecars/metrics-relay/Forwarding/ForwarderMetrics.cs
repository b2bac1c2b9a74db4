using Prometheus;

namespace MetricsRelay.Forwarding;

/// <summary>The relay's own metrics about one forwarder.</summary>
internal sealed class ForwarderMetrics
{
    private readonly Dictionary<string, Counter.Child> _requests;
    private readonly Counter.Child _sent;
    private readonly Counter.Child _rejected;
    private readonly Counter.Child _dropped;

    /// <param name="kind">The part of the metric names after <c>metrics_relay_</c>, such as <c>remote_write</c>.</param>
    /// <param name="queueMetric">The name of the metric for the waiting bytes.</param>
    /// <param name="context">The registry.</param>
    /// <param name="readQueue">Returns the waiting bytes and the age of the oldest batch.</param>
    public ForwarderMetrics(string kind, string queueMetric, ForwarderContext context, Func<(long Bytes, double LagSeconds)> readQueue)
    {
        var (name, receiver, metrics) = ("metrics_relay_" + kind, kind.Replace('_', ' '), context.Metrics);
        var requests = metrics.CreateCounter($"{name}_requests_total", $"Requests of {receiver} by outcome.", ["outcome"]);
        var samples = metrics.CreateCounter($"{name}_samples_total", $"Samples for {receiver} by outcome.", ["outcome"]);
        var names = kind == "otlp" ? SendOutcome.AllNames : SendOutcome.AllNames.Where(outcome => outcome != "partial");
        _requests = names.ToDictionary(outcome => outcome, outcome => requests.WithLabels(outcome));
        _sent = samples.WithLabels("sent");
        _rejected = samples.WithLabels("refused");
        _dropped = samples.WithLabels("queue_full");
        var bytes = metrics.CreateGauge(queueMetric, $"Bytes that wait to be forwarded by {receiver}.");
        var lag = metrics.CreateGauge($"{name}_lag_seconds", "Age of the oldest samples that wait to be forwarded; 0 when none do.");
        context.Registry.AddBeforeCollectCallback(() =>
        {
            var (waitingBytes, lagSeconds) = readQueue();
            bytes.Set(waitingBytes);
            lag.Set(lagSeconds);
        });
    }

    public void RecordRequest(string outcome) => _requests[outcome].Inc();

    public void RecordFinishedBatch(int sentSamples, int rejectedSamples)
    {
        _sent.Inc(sentSamples);
        _rejected.Inc(rejectedSamples);
    }

    /// <summary>Counts samples that were dropped because the queue was full.</summary>
    public void RecordDroppedSamples(int samples) => _dropped.Inc(samples);
}
