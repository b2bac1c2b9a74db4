namespace MetricsRelay.Exposition;

/// <summary>One value of a series in a snapshot.</summary>
internal struct Sample
{
    /// <summary>Stands for "no timestamp was exposed".</summary>
    public const long NoTimestamp = long.MinValue;

    /// <summary>Index of the series in the catalog.</summary>
    public int Series;

    /// <summary>Where the exemplar's text begins in the snapshot, or -1.</summary>
    public int Exemplar;

    /// <summary>The value.</summary>
    public double Value;

    /// <summary>Milliseconds since 1970, or <see cref="NoTimestamp"/>.</summary>
    public long Timestamp;
}
