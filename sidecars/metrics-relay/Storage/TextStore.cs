namespace MetricsRelay.Storage;

/// <summary>
/// Stores texts by id. Consecutive texts of a target often differ only near their end, like the buckets of a histogram. For such a
/// text only the differing suffix is stored, and the prefix is read from the first text of the run.
/// </summary>
internal sealed class TextStore(ByteArena arena)
{
    // A shorter shared prefix is not worth reading a text from two places.
    private const int MinSharedLength = 16;
    private const int MaxSharedLength = (1 << Entry.SharedBits) - 1;

    private const int None = -1;

    [ThreadStatic]
    private static byte[]? _assembled;

    private Entry[] _entries = new Entry[48];

    public int Count { get; private set; }

    /// <summary>The text. Valid until the next text is read on the same thread.</summary>
    public ReadOnlySpan<byte> this[int id]
    {
        get
        {
            ref readonly var entry = ref _entries[id];
            var suffix = arena.ReadBytes(entry.Position, entry.Length - entry.SharedLength);
            if (entry.SharedLength == 0)
            {
                return suffix;
            }

            if (_assembled is null || _assembled.Length < entry.Length)
            {
                _assembled = new byte[Math.Max(1024, entry.Length)];
            }

            CopyText(id, _assembled);
            return _assembled.AsSpan(0, entry.Length);
        }
    }

    public int GetLength(int id) => _entries[id].Length;

    public void CopyText(int id, Span<byte> destination)
    {
        ref readonly var entry = ref _entries[id];
        ReadSharedPrefix(in entry).CopyTo(destination);
        arena.ReadBytes(entry.Position, entry.Length - entry.SharedLength).CopyTo(destination[entry.SharedLength..]);
    }

    /// <summary>Whether <paramref name="line"/> starts with the text.</summary>
    public bool IsPrefixOf(int id, ReadOnlySpan<byte> line)
    {
        // The suffix is compared first: neighboring texts differ there.
        ref readonly var entry = ref _entries[id];
        return line.Length >= entry.Length
            && line[entry.SharedLength..].StartsWith(arena.ReadBytes(entry.Position, entry.Length - entry.SharedLength))
            && line.StartsWith(ReadSharedPrefix(in entry));
    }

    public bool IsEqualTo(int id, ReadOnlySpan<byte> text) => _entries[id].Length == text.Length && IsPrefixOf(id, text);

    /// <param name="text">The text to store.</param>
    /// <param name="similarId">The id of a text with a probably equal prefix, or -1.</param>
    /// <returns>The id of the text.</returns>
    public int AddText(ReadOnlySpan<byte> text, int similarId = None)
    {
        var head = similarId < 0 || _entries[similarId].SharedLength == 0 ? similarId : _entries[similarId].Head;
        var shared = 0;
        if (head >= 0)
        {
            shared = text.CommonPrefixLength(arena.ReadBytes(_entries[head].Position, _entries[head].Length));
            shared = shared < MinSharedLength || 2 * shared < text.Length ? 0 : Math.Min(shared, MaxSharedLength);
        }

        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, ArrayGrowth.NextLength(Count, Count + 1));
        }

        _entries[Count] = new Entry(arena.AppendBytes(text[shared..]), shared == 0 ? None : head, text.Length, shared);
        return Count++;
    }

    /// <summary>Removes every text and clears the arena.</summary>
    public void Clear()
    {
        Count = 0;
        arena.Clear();
    }

    private ReadOnlySpan<byte> ReadSharedPrefix(in Entry entry) =>
        entry.SharedLength == 0 ? default : arena.ReadBytes(_entries[entry.Head].Position, entry.SharedLength);

    // Both lengths share one integer to save memory: there is one entry per series.
    private readonly struct Entry(int position, int head, int length, int sharedLength)
    {
        public const int SharedBits = 14;

        private readonly int _lengths = (length << SharedBits) | sharedLength;

        public int Position { get; } = position;

        public int Head { get; } = head;

        public int Length => _lengths >> SharedBits;

        public int SharedLength => _lengths & ((1 << SharedBits) - 1);
    }
}
