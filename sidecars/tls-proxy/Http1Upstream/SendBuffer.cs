using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace TlsProxy.Http1Upstream;

/// <summary>Bytes waiting to be sent, in an array rented for the duration of a request.</summary>
internal sealed class SendBuffer
{
    /// <summary>Four hexadecimal digits and a line end before each chunk, and a line end after it.</summary>
    public const int ChunkHeadBytes = 6;

    public const int ChunkTailBytes = 2;

    private byte[] _array = [];

    public int UsedBytes { get; private set; }

    public int CapacityBytes => _array.Length;

    public ReadOnlyMemory<byte> Content => _array.AsMemory(0, UsedBytes);

    public void RentArray(int bytes)
    {
        _array = ArrayPool<byte>.Shared.Rent(bytes);
        UsedBytes = 0;
    }

    public void ReleaseArray()
    {
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
            _array = [];
        }
    }

    public void ClearContent() => UsedBytes = 0;

    public Memory<byte> GetMemory(int offset, int length) => _array.AsMemory(offset, length);

    /// <summary>Adds bytes that were written at <paramref name="offset"/>, and moves them behind the used bytes when necessary.</summary>
    public void CommitBytes(int offset, int length)
    {
        if (offset != UsedBytes)
        {
            _array.AsSpan(offset, length).CopyTo(_array.AsSpan(UsedBytes));
        }

        UsedBytes += length;
    }

    /// <summary>
    /// Adds bytes that were written at <paramref name="offset"/> as one chunk, with its size before and a line end after it.
    /// </summary>
    public void CommitChunk(int offset, int length)
    {
        var target = UsedBytes + ChunkHeadBytes;
        if (offset != target)
        {
            _array.AsSpan(offset, length).CopyTo(_array.AsSpan(target));
        }

        _ = Utf8Formatter.TryFormat(length, _array.AsSpan(UsedBytes), out _, new StandardFormat('X', 4));
        "\r\n"u8.CopyTo(_array.AsSpan(UsedBytes + 4));
        UsedBytes = target + length;
        "\r\n"u8.CopyTo(_array.AsSpan(UsedBytes));
        UsedBytes += ChunkTailBytes;
    }

    public void AppendLatin1(string text)
    {
        EnsureCapacity(text.Length);
        UsedBytes += Encoding.Latin1.GetBytes(text, _array.AsSpan(UsedBytes));
    }

    public void AppendAscii(string text)
    {
        EnsureCapacity(text.Length);
        UsedBytes += Encoding.ASCII.GetBytes(text, _array.AsSpan(UsedBytes));
    }

    public void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        EnsureCapacity(bytes.Length);
        bytes.CopyTo(_array.AsSpan(UsedBytes));
        UsedBytes += bytes.Length;
    }

    public void AppendNumber(long number)
    {
        const int longestNumber = 20;
        EnsureCapacity(longestNumber);
        _ = Utf8Formatter.TryFormat(number, _array.AsSpan(UsedBytes), out var written);
        UsedBytes += written;
    }

    private void EnsureCapacity(int bytes)
    {
        if (bytes <= _array.Length - UsedBytes)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_array.Length * 2, UsedBytes + bytes));
        _array.AsSpan(0, UsedBytes).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
