namespace MetricsRelay.Exposition;

/// <summary>Properties of a family's samples that prevent writing them in the other format unchanged.</summary>
[Flags]
internal enum FamilyTraits : byte
{
    None = 0,

    /// <summary>
    /// The samples break a rule of OpenMetrics for the type, such as a counter that is NaN. In OpenMetrics the type becomes unknown.
    /// </summary>
    BreaksOpenMetrics = 1,

    /// <summary>
    /// The samples break a rule of the text format for the type, such as a histogram without a count. In text the type becomes untyped.
    /// </summary>
    BreaksText = 2,

    /// <summary>A series has several points in time. The text format allows only one.</summary>
    ManyPoints = 4,

    /// <summary>A bucket counts less than the bucket below it, so the number of observations between their bounds is unknown.</summary>
    FallingBuckets = 8,
}
