using System.Buffers;

namespace TlsProxy.Http1Upstream;

/// <summary>
/// Bytes received from the application and not consumed yet. Each connection owns a small buffer, because a shared pool holds fewer
/// than there may be waiting requests; a larger one is rented while a response head does not fit.
/// </summary>
internal sealed class ReceiveBuffer
{
    /// <summary>Longest status line with headers, or chunk framing, in bytes; a longer one is a malformed response.</summary>
    public const int MaximumHeadBytes = 64 * 1024;

    private const int OwnedBytes = 8 * 1024;

    private readonly byte[] _owned = GC.AllocateUninitializedArray<byte>(OwnedBytes);

    /// <summary><see cref="_owned"/>, or a rented array.</summary>
    private byte[] _buffer;
    private int _start;
    private int _end;

    public ReceiveBuffer() => _buffer = _owned;

    /// <summary>Received and not consumed.</summary>
    public ReadOnlySpan<byte> Unconsumed => _buffer.AsSpan(_start, _end - _start);

    public void ClearContent() => (_start, _end) = (0, 0);

    public void ConsumeBytes(int bytes)
    {
        _start += bytes;
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
    }

    /// <summary>Free memory after the received bytes; at least one byte.</summary>
    /// <exception cref="MalformedResponseException"><see cref="MaximumHeadBytes"/> are received and still cannot be parsed.</exception>
    public Memory<byte> GetFreeMemory()
    {
        EnsureFreeSpace();
        return _buffer.AsMemory(_end);
    }

    /// <summary>Adds bytes that were written to <see cref="GetFreeMemory"/>.</summary>
    public void CommitReceived(int bytes) => _end += bytes;

    /// <summary>Returns a rented array; the content is lost.</summary>
    public void ReleaseRentedArray() => ReplaceArray(_owned);

    private void EnsureFreeSpace()
    {
        if (_end < _buffer.Length)
        {
            return;
        }

        var length = _end - _start;
        if (length >= MaximumHeadBytes)
        {
            throw new MalformedResponseException($"its headers are longer than {MaximumHeadBytes} bytes");
        }

        var target = length > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
        _buffer.AsSpan(_start, length).CopyTo(target);
        ReplaceArray(target);
        (_start, _end) = (0, length);
    }

    private void ReplaceArray(byte[] array)
    {
        if (_buffer != array && _buffer != _owned)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = array;
    }
}
