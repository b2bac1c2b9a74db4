using TlsProxy.Streams;

namespace TlsProxy.Retries;

/// <summary>A request body that records its first read: only an unread body can be sent again.</summary>
internal sealed class ObservedBody(Stream inner, RetryState state) : ReadOnlyBodyStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        state.IsBodyTouched = true;
        return inner.ReadAsync(buffer, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        state.IsBodyTouched = true;
        return inner.Read(buffer, offset, count);
    }
}
