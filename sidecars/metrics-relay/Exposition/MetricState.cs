namespace MetricsRelay.Exposition;

/// <summary>
/// The state of the current point of one metric while it is parsed. A metric is the series that differ only in <c>le</c>, quantile,
/// state or suffix.
/// </summary>
internal struct MetricState
{
    /// <summary>The number of the last scrape with this metric.</summary>
    public int ScrapeNumber;

    /// <summary>The number of the current point; increases with each point of each metric.</summary>
    public int PointNumber;

    /// <summary>The line of its last sample, for errors that are found at the end of the point.</summary>
    public int LastLine;

    /// <summary>Its position among the metrics of the family.</summary>
    public int Order;

    /// <summary>Seconds, or NaN.</summary>
    public double Timestamp;

    /// <summary>The bound of the last bucket or quantile.</summary>
    public double LastBound;

    public double LastBucketValue;
    public double InfinityBucketValue;
    public double Count;
    public double Sum;
    public bool HasBucket;
    public bool HasInfinityBucket;
    public bool HasQuantile;
    public bool HasCount;
    public bool HasSum;
    public bool HasTotal;
    public bool HasNegativeBound;

    /// <summary>The family under which its samples are relayed.</summary>
    public Family? Output;
    public bool HasOutput;

    /// <summary>Whether relabel rules relay its samples under different families.</summary>
    public bool IsSplit;
}
