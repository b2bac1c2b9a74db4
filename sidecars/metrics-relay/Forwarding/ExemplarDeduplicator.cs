using MetricsRelay.Exposition;
using MetricsRelay.Storage;

namespace MetricsRelay.Forwarding;

/// <summary>
/// Forwards each exemplar only once. A target exposes an exemplar until it has a newer one, but a receiver should store it once.
/// </summary>
internal sealed class ExemplarDeduplicator
{
    private uint[] _lastHashes = [];

    /// <returns>The text of a new exemplar; empty when there is none or when it was forwarded before.</returns>
    public ReadOnlySpan<byte> GetNewExemplar(ScrapeBuffer buffer, in Sample sample)
    {
        var text = buffer.GetExemplar(in sample);
        if (text.IsEmpty)
        {
            return default;
        }

        if (_lastHashes.Length <= sample.SeriesId)
        {
            Array.Resize(ref _lastHashes, Math.Max(buffer.Catalog.SeriesCount, sample.SeriesId + 1));
        }

        // Never 0, because 0 means that there was no exemplar yet.
        var hash = SeededHash.ComputeHash32(text) | 1;
        if (_lastHashes[sample.SeriesId] == hash)
        {
            return default;
        }

        _lastHashes[sample.SeriesId] = hash;
        return text;
    }
}
