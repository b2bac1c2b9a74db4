namespace MetricsRelay.Storage;

/// <summary>
/// Assigns ids to 128-bit hashes: 0, 1, 2 and so on, in the order of insertion. It uses half the memory of a dictionary, which
/// matters because there is one entry per series.
/// </summary>
internal sealed class WideHashTable
{
    private int[] _slots = new int[64];
    private (ulong High, ulong Low)[] _hashes = new (ulong, ulong)[56];

    public int Count { get; private set; }

    /// <returns>The id, or -1.</returns>
    public int FindId((ulong High, ulong Low) hash)
    {
        var mask = _slots.Length - 1;
        for (var slot = (int)hash.Low & mask; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            if (_hashes[_slots[slot] - 1] == hash)
            {
                return _slots[slot] - 1;
            }
        }

        return -1;
    }

    /// <summary>Adds a hash that <see cref="FindId"/> did not find.</summary>
    /// <returns>The new id.</returns>
    public int AddHash((ulong High, ulong Low) hash)
    {
        var id = Count;
        if (id == _hashes.Length)
        {
            Array.Resize(ref _hashes, ArrayGrowth.NextLength(id, id + 1));
        }

        if (id == ArrayGrowth.MaxUsedSlots(_slots.Length))
        {
            _slots = new int[_slots.Length * 2];
            for (var i = 0; i < id; i++)
            {
                InsertSlot(i);
            }
        }

        _hashes[id] = hash;
        InsertSlot(id);
        return Count++;
    }

    private void InsertSlot(int id)
    {
        var mask = _slots.Length - 1;
        var slot = (int)_hashes[id].Low & mask;
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = id + 1;
    }
}
