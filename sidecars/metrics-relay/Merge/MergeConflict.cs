namespace MetricsRelay.Merge;

/// <summary>A family of a target that was left out because an earlier target uses the name otherwise.</summary>
internal sealed record MergeConflict(string Target, string Family, string Reason, int Samples);
