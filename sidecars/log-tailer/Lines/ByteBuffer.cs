using System.Buffers;

namespace LogTailer.Lines;

/// <summary>A growable byte buffer whose array is reused after it is cleared.</summary>
internal sealed class ByteBuffer(int capacity = 4096) : IBufferWriter<byte>
{
    private const int MaxRetainedBytes = 4 * 1024 * 1024;

    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void AppendByte(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    /// <summary>Removes everything after the first <paramref name="length"/> bytes.</summary>
    public void TruncateTo(int length) => Length = length;

    /// <summary>Empties the buffer. An array that grew very large is released.</summary>
    public void ClearBytes()
    {
        Length = 0;

        if (_bytes.Length > MaxRetainedBytes)
        {
            _bytes = new byte[MaxRetainedBytes / 4];
        }
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureFreeSpace(Math.Max(1, sizeHint));
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureFreeSpace(Math.Max(1, sizeHint));
        return _bytes.AsSpan(Length);
    }

    private void EnsureFreeSpace(int bytes)
    {
        if (_bytes.Length - Length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes));
        }
    }
}
