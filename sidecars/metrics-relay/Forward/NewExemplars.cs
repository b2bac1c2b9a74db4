using MetricsRelay.Exposition;

namespace MetricsRelay.Forward;

/// <summary>
/// Lets each exemplar of a catalog's series through once: a target exposes it until there is another, and a receiver wants it once.
/// </summary>
internal sealed class NewExemplars
{
    private uint[] _sent = [];

    /// <returns>The exemplar's text, empty when there is none or it was there before.</returns>
    public ReadOnlySpan<byte> Of(Snapshot snapshot, in Sample sample)
    {
        var text = snapshot.ExemplarOf(in sample);
        if (text.IsEmpty)
        {
            return default;
        }

        if (_sent.Length <= sample.Series)
        {
            Array.Resize(ref _sent, Math.Max(snapshot.Catalog.SeriesCount, sample.Series + 1));
        }

        // Never 0, which stands for none.
        var hash = Hash.Of(text) | 1;
        if (_sent[sample.Series] == hash)
        {
            return default;
        }

        _sent[sample.Series] = hash;
        return text;
    }
}
