namespace MetricsRelay.Exposition;

/// <summary>The type of a family. <see cref="Unknown"/> is <c>untyped</c> in the text format.</summary>
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
