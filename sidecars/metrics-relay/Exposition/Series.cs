namespace MetricsRelay.Exposition;

/// <summary>What is known of a series once and for all, so that a sample of it costs one look-up and its number.</summary>
internal struct Series
{
    /// <summary>The family that declares it.</summary>
    public Family Family;

    /// <summary>The family under which it is passed on, or null where a relabel rule drops it.</summary>
    public Family? Output;

    /// <summary>The <c>le</c> of a bucket or the quantile.</summary>
    public double Bound;

    /// <summary>Number of the text <c>name{label="value"}</c> that it is passed on under: one of the target's own, or the complement of one of the relay's.</summary>
    public int Text;

    /// <summary>The metric that it belongs to: the series that differ only in <c>le</c>, quantile, state or suffix.</summary>
    public int Group;

    /// <summary>The metric point in which it was seen last; it may be seen only once in each.</summary>
    public int Point;

    /// <summary>What it is to <see cref="Family"/>.</summary>
    public SampleKind Kind;

    /// <summary>What it is to <see cref="Output"/>.</summary>
    public SampleKind OutputKind;

    /// <summary>Whether a name in it needs the quotes of UTF-8 names.</summary>
    public bool Quoted;
}
