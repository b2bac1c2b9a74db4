namespace MetricsRelay.Exposition;

/// <summary>The exposition holds more samples than allowed.</summary>
internal sealed class SampleLimitException(int limit)
    : Exception($"more than {limit} samples; raise Scrape:MaxSamples if the target means it")
{
    /// <summary>How many samples are allowed.</summary>
    public int Limit { get; } = limit;
}
