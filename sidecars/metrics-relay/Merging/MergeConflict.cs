namespace MetricsRelay.Merging;

/// <summary>A family that was omitted because an earlier target uses its name in another way.</summary>
/// <param name="Target">The target of the omitted samples; empty for series that two targets share.</param>
/// <param name="Family">The name of the family.</param>
/// <param name="Reason">The reason, as the rest of a sentence that starts with the family.</param>
/// <param name="Samples">The number of omitted samples.</param>
internal sealed record MergeConflict(string Target, string Family, string Reason, int Samples);
