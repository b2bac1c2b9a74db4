namespace MetricsRelay.Forwarding.Otlp;

/// <summary>The kinds of data of a metric, with their field numbers in the message <c>Metric</c>.</summary>
internal enum MetricDataKind
{
    Gauge = 5,
    Sum = 7,
    Histogram = 9,
    Summary = 11,
}
