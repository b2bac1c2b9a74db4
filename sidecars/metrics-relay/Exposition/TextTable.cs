namespace MetricsRelay.Exposition;

/// <summary>Interns texts: equal bytes get the same small number, and looking one up allocates nothing.</summary>
internal sealed class TextTable(Arena arena)
{
    private int[] _slots = new int[64];
    private Entry[] _entries = new Entry[48];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int id] => arena.Read(_entries[id].Position, _entries[id].Length);

    public int Position(int id) => _entries[id].Position;

    /// <returns>The text's number, or -1.</returns>
    public int Find(ReadOnlySpan<byte> text)
    {
        var hash = Hash.Of(text);
        var mask = _slots.Length - 1;
        for (var slot = (int)hash & mask; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            ref readonly var entry = ref _entries[_slots[slot] - 1];
            if (entry.Hash == hash && entry.Length == text.Length
                && text.SequenceEqual(arena.Read(entry.Position, entry.Length)))
            {
                return _slots[slot] - 1;
            }
        }

        return -1;
    }

    /// <summary>Adds a text that <see cref="Find"/> did not find.</summary>
    public int Add(ReadOnlySpan<byte> text)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Growth.Of(Count, Count + 1));
        }

        if (Count == Growth.Load(_slots.Length))
        {
            Grow();
        }

        var id = Count++;
        _entries[id] = new Entry { Hash = Hash.Of(text), Position = arena.Append(text), Length = text.Length };
        Place(id);
        return id;
    }

    public int FindOrAdd(ReadOnlySpan<byte> text)
    {
        var id = Find(text);
        return id >= 0 ? id : Add(text);
    }

    /// <summary>Forgets every text; the arena is emptied with it.</summary>
    public void Clear()
    {
        Array.Clear(_slots);
        Count = 0;
        arena.Clear();
    }

    private void Place(int id)
    {
        var mask = _slots.Length - 1;
        var slot = (int)_entries[id].Hash & mask;
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = id + 1;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (var id = 0; id < Count; id++)
        {
            Place(id);
        }
    }

    private struct Entry
    {
        public uint Hash;
        public int Position;
        public int Length;
    }
}
