namespace MetricsRelay.Exposition;

/// <summary>The two text formats of metrics.</summary>
internal enum ExpositionFormat
{
    /// <summary>The Prometheus text format 0.0.4 (and 1.0.0, which adds quoted UTF-8 names).</summary>
    Text,

    /// <summary>OpenMetrics 1.0.0.</summary>
    OpenMetrics,
}
