namespace MetricsRelay.Exposition;

/// <summary>What keeps the samples of a family from being written to the other format as they are.</summary>
[Flags]
internal enum FamilyTraits : byte
{
    None = 0,

    /// <summary>They break a rule that OpenMetrics has for the type (a counter that is NaN): it can only be unknown there.</summary>
    BreaksOpenMetrics = 1,

    /// <summary>They break a rule that the text format has for the type (a histogram without a count): it can only be untyped there.</summary>
    BreaksText = 2,

    /// <summary>A series has several points in time, of which the text format takes only one.</summary>
    ManyPoints = 4,

    /// <summary>A bucket holds less than the one below it: what is between their bounds cannot be told.</summary>
    FallingBuckets = 8,
}
