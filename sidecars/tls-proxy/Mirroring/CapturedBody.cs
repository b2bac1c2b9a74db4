using TlsProxy.Streams;

namespace TlsProxy.Mirroring;

/// <summary>A request body that keeps a bounded copy of the bytes read from it.</summary>
internal sealed class CapturedBody(Stream inner, int maximumBytes) : ReadOnlyBodyStream
{
    private MemoryStream? _copy = new();
    private bool _isComplete;

    /// <summary>The complete body; null when it was too long, or was not read completely.</summary>
    public byte[]? CompleteBody => _isComplete ? _copy?.ToArray() : null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        CaptureBytes(buffer.Span[..read], buffer.Length);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        CaptureBytes(buffer.AsSpan(offset, read), count);
        return read;
    }

    private void CaptureBytes(ReadOnlySpan<byte> bytes, int requested)
    {
        if (bytes.IsEmpty)
        {
            _isComplete |= requested > 0;
        }
        else if (_copy?.Length + bytes.Length <= maximumBytes)
        {
            _copy!.Write(bytes);
        }
        else
        {
            _copy = null;
        }
    }
}
