namespace MetricsRelay.Exposition;

/// <summary>
/// Holds many short texts in few arrays, none of them on the large object heap. It only grows; what was written stays
/// where it is, so a reader on another thread needs no lock for a text whose position it was given.
/// </summary>
internal sealed class Arena
{
    /// <summary>The longest text, in bytes.</summary>
    public const int MaxLength = 1 << ChunkBits;

    private const int ChunkBits = 16;
    private const int ChunkMask = MaxLength - 1;

    private byte[][] _chunks = new byte[4][];
    private int _count;
    private int _used = MaxLength;

    public ReadOnlySpan<byte> Read(int position, int length) =>
        _chunks[position >> ChunkBits].AsSpan(position & ChunkMask, length);

    /// <summary>Forgets every text but keeps the first array.</summary>
    public void Clear()
    {
        if (_count > 0)
        {
            Array.Clear(_chunks, 1, _count - 1);
            (_count, _used) = (1, 0);
        }
    }

    /// <returns>The position to read it from.</returns>
    public int Append(ReadOnlySpan<byte> text)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, MaxLength);
        if (text.Length > MaxLength - _used)
        {
            if (_count == _chunks.Length)
            {
                var chunks = new byte[_count * 2][];
                _chunks.CopyTo(chunks, 0);
                _chunks = chunks;
            }

            _chunks[_count++] = new byte[MaxLength];
            _used = 0;
        }

        var position = ((_count - 1) << ChunkBits) | _used;
        if (text.IsEmpty)
        {
            // An empty text may stand at the very end of a chunk, where a position would name the next one.
            return 0;
        }

        text.CopyTo(_chunks[_count - 1].AsSpan(_used));
        _used += text.Length;
        return position;
    }
}
