using System.Buffers.Binary;

namespace TlsProxy.Tests.Support;

/// <summary>
/// Sends the ClientHello of a client in two records, which RFC 8446, section 5.1, allows. Some clients do that, and an
/// attacker on the network can do it as well, because these records are not protected.
/// </summary>
/// <param name="inner">The stream to the server; disposed of together with this one.</param>
/// <param name="firstRecord">Bytes of the ClientHello in the first record; counted from the end when negative.</param>
internal sealed class SplitHelloStream(Stream inner, int firstRecord) : Stream
{
    private const int HeaderBytes = 5;

    private bool _cut;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(
        buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_cut)
        {
            return inner.WriteAsync(buffer, cancellationToken);
        }

        _cut = true;
        var record = buffer.Span;
        Assert.Equal(record.Length - HeaderBytes, BinaryPrimitives.ReadUInt16BigEndian(record[3..]));
        var hello = record[HeaderBytes..];
        var first = firstRecord < 0 ? hello.Length + firstRecord : firstRecord;
        return inner.WriteAsync((byte[])[.. Record(record, hello[..first]), .. Record(record, hello[first..])], cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static byte[] Record(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> content) =>
        [whole[0], whole[1], whole[2], (byte)(content.Length >> 8), (byte)content.Length, .. content];
}
