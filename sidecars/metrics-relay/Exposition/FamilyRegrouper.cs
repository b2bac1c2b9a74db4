namespace MetricsRelay.Exposition;

/// <summary>
/// Puts the samples of a snapshot together by the family that they are passed on under, after a relabel rule has given
/// some of them another name. Families keep the order in which they first appear, samples theirs within the family.
/// </summary>
internal sealed class FamilyRegrouper
{
    private readonly Dictionary<Family, (int Index, int Count, FamilyTraits Traits)> _found = [];
    private readonly List<Family> _order = [];
    private Sample[] _sorted = [];
    private int[] _next = [];

    public void Regroup(Snapshot snapshot)
    {
        _found.Clear();
        _order.Clear();
        var samples = snapshot.Samples;
        foreach (var span in snapshot.Families)
        {
            if (span.Count == 0)
            {
                Note(span.Family, 0, span.Traits);
            }

            foreach (ref readonly var sample in samples.Slice(span.Start, span.Count))
            {
                Note(snapshot.Catalog.Series[sample.Series].Output!, 1, span.Traits);
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
        snapshot.ClearFamilies();
        for (var i = 0; i < _order.Count; i++)
        {
            var (_, count, traits) = _found[_order[i]];
            snapshot.Add(new FamilySpan(_order[i], start, count, traits));
            _next[i] = start;
            start += count;
        }

        foreach (ref readonly var sample in samples)
        {
            var (index, _, _) = _found[snapshot.Catalog.Series[sample.Series].Output!];
            _sorted[_next[index]++] = sample;
        }

        _sorted.AsSpan(0, samples.Length).CopyTo(samples);
    }

    private void Note(Family family, int count, FamilyTraits traits)
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
