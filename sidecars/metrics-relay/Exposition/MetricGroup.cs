namespace MetricsRelay.Exposition;

/// <summary>How far the current point of one metric has been read.</summary>
internal struct MetricGroup
{
    /// <summary>The scrape in which it was seen last.</summary>
    public int Scrape;

    /// <summary>Rises with each point of each metric.</summary>
    public int Point;

    /// <summary>Line of its last sample, for the error that only shows at the end.</summary>
    public int Line;

    /// <summary>Its place among the metrics of the family.</summary>
    public int Order;

    /// <summary>Seconds, NaN without.</summary>
    public double Timestamp;

    /// <summary>The last bucket or quantile.</summary>
    public double Bound;

    /// <summary>Value of the last bucket.</summary>
    public double BucketValue;

    public double Infinity;
    public double Count;
    public double Sum;
    public bool HasBucket;
    public bool HasInfinity;
    public bool HasQuantile;
    public bool HasCount;
    public bool HasSum;
    public bool HasTotal;
    public bool HasNegativeBound;

    /// <summary>Under which family its samples are passed on, and whether not all of them are under the same.</summary>
    public Family? Output;
    public bool HasOutput;
    public bool IsTorn;
}
