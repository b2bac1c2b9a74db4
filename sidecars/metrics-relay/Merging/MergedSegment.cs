using MetricsRelay.Exposition;

namespace MetricsRelay.Merging;

/// <summary>A contiguous range of samples in a buffer.</summary>
internal readonly record struct MergedSegment(ScrapeBuffer Buffer, int Start, int Count)
{
    public ReadOnlySpan<Sample> Samples => Buffer.Samples.Slice(Start, Count);
}
