namespace MetricsRelay.Exposition;

/// <summary>Which part of a metric a sample is; it follows from the family's type, the name's suffix and the labels.</summary>
internal enum SampleKind : byte
{
    Value,
    Quantile,
    State,
    Bucket,
    Total,
    Info,
    Count,
    Sum,
    GaugeCount,
    GaugeSum,
    Created,
}
