namespace MetricsRelay.Exposition;

/// <summary>The samples of one family in a snapshot: always one contiguous run.</summary>
/// <param name="Family">The family.</param>
/// <param name="Start">Index of its first sample.</param>
/// <param name="Count">How many samples; 0 for a family of which only the metadata is exposed.</param>
/// <param name="Traits">What keeps the samples from being written to the other format.</param>
internal readonly record struct FamilySpan(Family Family, int Start, int Count, FamilyTraits Traits);
