using System.Buffers;

namespace LogTailer.Lines;

/// <summary>Bytes that are gathered, read and forgotten, in one array that is used again.</summary>
internal sealed class ByteBuffer(int capacity = 4096) : IBufferWriter<byte>
{
    private const int KeptBytes = 4 * 1024 * 1024;

    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void Append(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    /// <summary>Forgets what was gathered from <paramref name="length"/> on.</summary>
    public void TruncateTo(int length) => Length = length;

    /// <summary>Empties it. What a rare giant made it grow to is given back.</summary>
    public void Clear()
    {
        Length = 0;

        if (_bytes.Length > KeptBytes)
        {
            _bytes = new byte[KeptBytes / 4];
        }
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _bytes.AsSpan(Length);
    }

    private void MakeRoom(int bytes)
    {
        if (_bytes.Length - Length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes));
        }
    }
}
