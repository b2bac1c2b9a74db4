namespace MetricsRelay.Storage;

/// <summary>Interns texts: equal bytes get the same small id. A lookup does not allocate.</summary>
internal sealed class TextTable(ByteArena arena)
{
    private readonly TextStore _texts = new(arena);
    private int[] _slots = new int[64];

    public int Count => _texts.Count;

    /// <summary>The texts by id.</summary>
    public TextStore Texts => _texts;

    /// <inheritdoc cref="TextStore.this"/>
    public ReadOnlySpan<byte> this[int id] => _texts[id];

    /// <returns>The id of the text, or -1.</returns>
    public int FindId(ReadOnlySpan<byte> text)
    {
        var mask = _slots.Length - 1;
        for (var slot = (int)SeededHash.ComputeHash32(text) & mask; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            var id = _slots[slot] - 1;
            if (_texts.IsEqualTo(id, text))
            {
                return id;
            }
        }

        return -1;
    }

    /// <summary>Adds a text that <see cref="FindId"/> did not find.</summary>
    /// <inheritdoc cref="TextStore.AddText"/>
    public int AddText(ReadOnlySpan<byte> text, int similarId = -1)
    {
        if (Count == ArrayGrowth.MaxUsedSlots(_slots.Length))
        {
            DoubleSlots();
        }

        var id = _texts.AddText(text, similarId);
        InsertSlot(id, text);
        return id;
    }

    public int FindOrAddText(ReadOnlySpan<byte> text)
    {
        var id = FindId(text);
        return id >= 0 ? id : AddText(text);
    }

    /// <summary>Removes every text and clears the arena.</summary>
    public void Clear()
    {
        Array.Clear(_slots);
        _texts.Clear();
    }

    private void InsertSlot(int id, ReadOnlySpan<byte> text)
    {
        var mask = _slots.Length - 1;
        var slot = (int)SeededHash.ComputeHash32(text) & mask;
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = id + 1;
    }

    private void DoubleSlots()
    {
        _slots = new int[_slots.Length * 2];
        for (var id = 0; id < Count; id++)
        {
            InsertSlot(id, _texts[id]);
        }
    }
}
