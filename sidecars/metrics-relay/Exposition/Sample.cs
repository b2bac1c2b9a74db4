namespace MetricsRelay.Exposition;

/// <summary>One value of a series in a snapshot.</summary>
internal struct Sample
{
    /// <summary>Stands for "no timestamp was exposed".</summary>
    public const long NoTimestamp = long.MinValue;

    /// <summary>Index of the series in the catalog.</summary>
    public int Series;

    /// <summary>Where its snapshot keeps the timestamp and the exemplar, or -1 when it has neither: most have neither.</summary>
    public int Extra;

    /// <summary>The value.</summary>
    public double Value;
}
