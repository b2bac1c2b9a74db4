namespace MetricsRelay.Exposition;

/// <summary>The samples of one family in a <see cref="ScrapeBuffer"/>: always one contiguous range.</summary>
/// <param name="Family">The family.</param>
/// <param name="Start">The index of its first sample.</param>
/// <param name="Count">The number of samples; 0 for a family with metadata only.</param>
/// <param name="Traits">Properties that prevent writing the samples in the other format unchanged.</param>
internal readonly record struct FamilySpan(Family Family, int Start, int Count, FamilyTraits Traits);
