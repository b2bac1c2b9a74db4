namespace MetricsRelay.Exposition;

/// <summary>What the samples of a family mean. <see cref="Unknown"/> is <c>untyped</c> in the text format.</summary>
internal enum MetricType : byte
{
    Unknown,
    Counter,
    Gauge,
    Histogram,
    GaugeHistogram,
    Summary,
    Info,
    StateSet,
}
