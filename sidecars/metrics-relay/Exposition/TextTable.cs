namespace MetricsRelay.Exposition;

/// <summary>Interns texts: equal bytes get the same small number, and looking one up allocates nothing.</summary>
internal sealed class TextTable(Arena arena)
{
    private readonly TextStore _texts = new(arena);
    private int[] _slots = new int[64];

    public int Count => _texts.Count;

    /// <summary>The texts by number.</summary>
    public TextStore Texts => _texts;

    /// <inheritdoc cref="TextStore.this"/>
    public ReadOnlySpan<byte> this[int id] => _texts[id];

    /// <returns>The text's number, or -1.</returns>
    public int Find(ReadOnlySpan<byte> text)
    {
        var mask = _slots.Length - 1;
        for (var slot = (int)Hash.Of(text) & mask; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            var id = _slots[slot] - 1;
            if (_texts.IsEqual(id, text))
            {
                return id;
            }
        }

        return -1;
    }

    /// <summary>Adds a text that <see cref="Find"/> did not find.</summary>
    /// <param name="text">The text.</param>
    /// <param name="before">Number of one that it may resemble, -1 for none.</param>
    public int Add(ReadOnlySpan<byte> text, int before = -1)
    {
        if (Count == Growth.Load(_slots.Length))
        {
            Grow();
        }

        var id = _texts.Add(text, before);
        Place(id, text);
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
        _texts.Clear();
    }

    private void Place(int id, ReadOnlySpan<byte> text)
    {
        var mask = _slots.Length - 1;
        var slot = (int)Hash.Of(text) & mask;
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
            Place(id, _texts[id]);
        }
    }
}
