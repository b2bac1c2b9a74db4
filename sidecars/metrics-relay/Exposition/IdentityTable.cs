namespace MetricsRelay.Exposition;

/// <summary>
/// Numbers wide hashes in the order in which they come. A dictionary does the same, but takes twice the memory, and
/// there is one entry for each series.
/// </summary>
internal sealed class IdentityTable
{
    private int[] _slots = new int[64];
    private (ulong High, ulong Low)[] _identities = new (ulong, ulong)[56];

    public int Count { get; private set; }

    /// <returns>Its number, or -1.</returns>
    public int Find((ulong High, ulong Low) identity)
    {
        var mask = _slots.Length - 1;
        for (var slot = (int)identity.Low & mask; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            if (_identities[_slots[slot] - 1] == identity)
            {
                return _slots[slot] - 1;
            }
        }

        return -1;
    }

    /// <summary>Adds one that <see cref="Find"/> did not find.</summary>
    public int Add((ulong High, ulong Low) identity)
    {
        var id = Count;
        if (id == _identities.Length)
        {
            Array.Resize(ref _identities, Growth.Of(id, id + 1));
        }

        if (id == Growth.Load(_slots.Length))
        {
            _slots = new int[_slots.Length * 2];
            for (var i = 0; i < id; i++)
            {
                Place(i);
            }
        }

        _identities[id] = identity;
        Place(id);
        return Count++;
    }

    private void Place(int id)
    {
        var mask = _slots.Length - 1;
        var slot = (int)_identities[id].Low & mask;
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = id + 1;
    }
}
