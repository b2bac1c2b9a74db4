namespace MetricsRelay.Parsing;

/// <summary>The exposition contains more samples than allowed.</summary>
internal sealed class SampleLimitException(int limit) : Exception($"more than {limit} samples")
{
    /// <summary>The number of allowed samples.</summary>
    public int Limit { get; } = limit;
}
