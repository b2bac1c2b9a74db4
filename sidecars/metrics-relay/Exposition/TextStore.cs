namespace MetricsRelay.Exposition;

/// <summary>
/// Keeps texts by number. The texts of a target come in runs that differ only near their end, as the buckets of a
/// histogram do: of such a text only that end is kept, and the rest is that of the text at the head of the run.
/// </summary>
internal sealed class TextStore(Arena arena)
{
    // It costs no more memory, but is read from two places.
    private const int WorthSharing = 16;
    private const int MaxShared = (1 << Entry.SharedBits) - 1;

    private const int None = -1;

    [ThreadStatic]
    private static byte[]? _whole;

    private Entry[] _entries = new Entry[48];

    public int Count { get; private set; }

    /// <summary>The text; valid until the next text is read on the same thread.</summary>
    public ReadOnlySpan<byte> this[int id]
    {
        get
        {
            ref readonly var entry = ref _entries[id];
            var end = arena.Read(entry.Position, entry.Length - entry.Shared);
            if (entry.Shared == 0)
            {
                return end;
            }

            if (_whole is null || _whole.Length < entry.Length)
            {
                _whole = new byte[Math.Max(1024, entry.Length)];
            }

            CopyTo(id, _whole);
            return _whole.AsSpan(0, entry.Length);
        }
    }

    public int Length(int id) => _entries[id].Length;

    public void CopyTo(int id, Span<byte> destination)
    {
        ref readonly var entry = ref _entries[id];
        Head(in entry).CopyTo(destination);
        arena.Read(entry.Position, entry.Length - entry.Shared).CopyTo(destination[entry.Shared..]);
    }

    /// <summary>Whether <paramref name="line"/> begins with the text.</summary>
    public bool IsStartOf(int id, ReadOnlySpan<byte> line)
    {
        ref readonly var entry = ref _entries[id];
        return line.Length >= entry.Length
            && line[entry.Shared..].StartsWith(arena.Read(entry.Position, entry.Length - entry.Shared))
            && line.StartsWith(Head(in entry));
    }

    public bool IsEqual(int id, ReadOnlySpan<byte> text) => _entries[id].Length == text.Length && IsStartOf(id, text);

    /// <summary>Keeps a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="before">Number of one that it may resemble, -1 for none.</param>
    public int Add(ReadOnlySpan<byte> text, int before = None)
    {
        var head = before < 0 || _entries[before].Shared == 0 ? before : _entries[before].Head;
        var shared = 0;
        if (head >= 0)
        {
            shared = text.CommonPrefixLength(arena.Read(_entries[head].Position, _entries[head].Length));
            shared = shared < WorthSharing || 2 * shared < text.Length ? 0 : Math.Min(shared, MaxShared);
        }

        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Growth.Of(Count, Count + 1));
        }

        _entries[Count] = new Entry(arena.Append(text[shared..]), shared == 0 ? None : head, text.Length, shared);
        return Count++;
    }

    /// <summary>Forgets every text; the arena is emptied with it.</summary>
    public void Clear()
    {
        Count = 0;
        arena.Clear();
    }

    private ReadOnlySpan<byte> Head(in Entry entry) => entry.Shared == 0 ? default : arena.Read(_entries[entry.Head].Position, entry.Shared);

    // Two lengths in one number: there is one entry for each series.
    private readonly struct Entry(int position, int head, int length, int shared)
    {
        public const int SharedBits = 14;

        private readonly int _lengths = (length << SharedBits) | shared;

        public int Position { get; } = position;

        public int Head { get; } = head;

        public int Length => _lengths >> SharedBits;

        public int Shared => _lengths & ((1 << SharedBits) - 1);
    }
}
