using MetricsRelay.Exposition;

namespace MetricsRelay.Merge;

/// <summary>A run of samples in a snapshot.</summary>
internal readonly record struct MergedPart(Snapshot Snapshot, int Start, int Count)
{
    public ReadOnlySpan<Sample> Samples => Snapshot.Samples.Slice(Start, Count);
}
