namespace MetricsRelay.Exposition;

/// <summary>One value of a series in a <see cref="ScrapeBuffer"/>.</summary>
internal struct Sample
{
    /// <summary>The sample was exposed without a timestamp.</summary>
    public const long NoTimestamp = long.MinValue;

    /// <summary>The id of the series in the catalog.</summary>
    public int SeriesId;

    /// <summary>The index of its timestamp and exemplar in the buffer, or -1. Most samples have neither.</summary>
    public int ExtrasIndex;

    public double Value;
}
