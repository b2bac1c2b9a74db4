using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>
/// Groups the samples of a buffer by the family under which they are relayed, after a relabel rule renamed some of them. Families keep
/// the order of their first occurrence, and samples keep their order within the family.
/// </summary>
internal sealed class FamilyRegrouper
{
    private readonly Dictionary<Family, (int Index, int Count, FamilyTraits Traits)> _found = [];
    private readonly List<Family> _order = [];
    private Sample[] _sorted = [];
    private int[] _next = [];

    public void RegroupSamples(ScrapeBuffer buffer)
    {
        _found.Clear();
        _order.Clear();
        var samples = buffer.Samples;
        foreach (var span in buffer.Families)
        {
            if (span.Count == 0)
            {
                CountSamples(span.Family, 0, span.Traits);
            }

            foreach (ref readonly var sample in samples.Slice(span.Start, span.Count))
            {
                CountSamples(buffer.Catalog.Series[sample.SeriesId].Output!, 1, span.Traits);
            }
        }

        if (_sorted.Length < samples.Length)
        {
            _sorted = new Sample[samples.Length * 2];
        }

        if (_next.Length < _order.Count)
        {
            _next = new int[_order.Count * 2];
        }

        var start = 0;
        buffer.ClearFamilies();
        for (var i = 0; i < _order.Count; i++)
        {
            var (_, count, traits) = _found[_order[i]];
            buffer.AddFamily(new FamilySpan(_order[i], start, count, traits));
            _next[i] = start;
            start += count;
        }

        foreach (ref readonly var sample in samples)
        {
            var (index, _, _) = _found[buffer.Catalog.Series[sample.SeriesId].Output!];
            _sorted[_next[index]++] = sample;
        }

        _sorted.AsSpan(0, samples.Length).CopyTo(samples);
    }

    private void CountSamples(Family family, int count, FamilyTraits traits)
    {
        if (_found.TryGetValue(family, out var found))
        {
            _found[family] = (found.Index, found.Count + count, found.Traits | traits);
            return;
        }

        _found.Add(family, (_order.Count, count, traits));
        _order.Add(family);
    }
}
