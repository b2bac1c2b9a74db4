namespace MetricsRelay.Storage;

/// <summary>
/// Stores many short byte strings in a few arrays, none of them on the large object heap. It only grows, and stored bytes never move:
/// a reader on another thread that already has a position needs no lock.
/// </summary>
internal sealed class ByteArena
{
    /// <summary>The longest byte string that fits.</summary>
    public const int MaxLength = 1 << ChunkBits;

    private const int ChunkBits = 16;
    private const int ChunkMask = MaxLength - 1;

    private byte[][] _chunks = new byte[4][];
    private int _count;
    private int _used = MaxLength;

    public ReadOnlySpan<byte> ReadBytes(int position, int length) => _chunks[position >> ChunkBits].AsSpan(position & ChunkMask, length);

    /// <summary>Removes everything but keeps the first array for reuse.</summary>
    public void Clear()
    {
        if (_count > 0)
        {
            Array.Clear(_chunks, 1, _count - 1);
            (_count, _used) = (1, 0);
        }
    }

    /// <returns>The position to pass to <see cref="ReadBytes"/>.</returns>
    public int AppendBytes(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxLength);
        if (bytes.Length > MaxLength - _used)
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

        if (bytes.IsEmpty)
        {
            // At the end of a full chunk, the position of an empty string would name a chunk that does not exist.
            return 0;
        }

        var position = ((_count - 1) << ChunkBits) | _used;
        bytes.CopyTo(_chunks[_count - 1].AsSpan(_used));
        _used += bytes.Length;
        return position;
    }
}
