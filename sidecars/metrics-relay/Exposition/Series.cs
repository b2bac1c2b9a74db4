namespace MetricsRelay.Exposition;

/// <summary>The constant properties of a series, computed once, so that parsing a sample needs only a lookup and a number.</summary>
internal struct Series
{
    /// <summary>The family that declares it.</summary>
    public Family Family;

    /// <summary>The family under which it is relayed, or null when a relabel rule drops it.</summary>
    public Family? Output;

    /// <summary>The <c>le</c> of a bucket, or the quantile.</summary>
    public double Bound;

    /// <summary>
    /// The id of the relayed text <c>name{label="value"}</c>. If the relay wrote that text itself (it is not a text of the target), the
    /// bitwise complement of the id.
    /// </summary>
    public int OutputTextId;

    /// <summary>The id of its metric (see <see cref="MetricState"/>), or -1 when the series is a metric by itself.</summary>
    public int MetricId;

    /// <summary>The number of the last metric point with this series. A series may occur only once in each point.</summary>
    public int LastPoint;

    /// <summary>Its part in <see cref="Family"/>.</summary>
    public SampleKind Kind;

    /// <summary>Its part in <see cref="Output"/>.</summary>
    public SampleKind OutputKind;

    /// <summary>Whether one of its names needs quotes.</summary>
    public bool HasQuotedName;
}
