namespace TlsProxy.Mirroring;

/// <summary>A request's body of which a copy of bounded size is kept as the application's connection reads it.</summary>
internal sealed class CopiedBody(Stream inner, int maximum) : Stream
{
    private MemoryStream? _copy = new();
    private bool _ended;

    /// <summary>The whole body; null when it was too long, or was not read to its end.</summary>
    public byte[]? Whole => _ended ? _copy?.ToArray() : null;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Take(buffer.Span[..read], buffer.Length);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        Take(buffer.AsSpan(offset, read), count);
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Take(ReadOnlySpan<byte> bytes, int asked)
    {
        if (bytes.IsEmpty)
        {
            _ended |= asked > 0;
        }
        else if (_copy?.Length + bytes.Length <= maximum)
        {
            _copy!.Write(bytes);
        }
        else
        {
            _copy = null;
        }
    }
}
