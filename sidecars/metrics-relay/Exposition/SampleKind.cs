namespace MetricsRelay.Exposition;

/// <summary>The part of a metric that a sample is. It follows from the type of the family, the suffix of the name and the labels.</summary>
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
