namespace MetricsRelay.Otlp;

/// <summary>The kinds of data that a metric may have, by their numbers in the message <c>Metric</c>.</summary>
internal enum MetricData
{
    Gauge = 5,
    Sum = 7,
    Histogram = 9,
    Summary = 11,
}
