using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Streams;

namespace TlsProxy.Requests;

/// <summary>
/// The body of a request, with its size limit. After an early response (such as 413 or 401) the rest of the body is read and
/// discarded: many clients read the response only after they have written the body, and closing a connection with unread bytes resets
/// it. For that reason a cancelled read stays pending here, since Kestrel closes the connection of a read that it has to cancel.
/// </summary>
internal sealed class UploadBody : ReadOnlyBodyStream, IHttpMaxRequestBodySizeFeature
{
    private const int BufferBytes = 32 * 1024;

    /// <summary>After an early response: the longest time without a byte, and the longest time in total.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    private readonly Stream _inner;
    private readonly long? _length;
    private byte[] _buffer = [];
    private Task<int>? _pending;
    private long _received;
    private int _offset;
    private int _available;
    private bool _isAtEnd;

    private UploadBody(HttpRequest request, long? limit) =>
        (_inner, _length, MaxRequestBodySize) = (request.Body, request.ContentLength, limit);

    public bool IsReadOnly { get; private set; }

    /// <summary>The limit is checked here and not by Kestrel, which cannot read further after it.</summary>
    public long? MaxRequestBodySize { get; set; }

    private bool IsComplete => _isAtEnd || _received == _length;

    /// <summary>Wraps the body of a request.</summary>
    /// <returns>Null when the request has no body.</returns>
    public static UploadBody? WrapRequest(HttpContext context)
    {
        var features = context.Features;
        if (features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
            || features.Get<IHttpMaxRequestBodySizeFeature>() is not { IsReadOnly: false } limit)
        {
            return null;
        }

        var body = new UploadBody(context.Request, limit.MaxRequestBodySize);
        limit.MaxRequestBodySize = null;
        features.Set<IHttpMaxRequestBodySizeFeature>(body);
        context.Request.Body = body;
        return body;
    }

    /// <exception cref="BadHttpRequestException">The body is malformed, or larger than the limit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the received bytes are not lost.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_available == 0 && !_isAtEnd)
        {
            CheckLimit(_length ?? 0);
            var read = StartRead();
            _available = read.IsCompletedSuccessfully ? read.Result : await read.WaitAsync(cancellationToken);
            FinishRead(_available);
            CheckLimit(_received);
        }

        var length = Math.Min(buffer.Length, _available);
        _buffer.AsMemory(_offset, length).CopyTo(buffer);
        _offset += length;
        _available -= length;
        return length;
    }

    /// <summary>Both upstream paths read asynchronously.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>
    /// Sends the rest of the response, and discards the rest of the body. A client that takes too long is disconnected. HTTP/2 needs
    /// no drain: the stream is reset without an error after the response.
    /// </summary>
    public async Task DrainAsync(HttpContext context, TimeProvider time)
    {
        try
        {
            if (IsComplete || !HttpProtocol.IsHttp11(context.Request.Protocol) || IsAwaitingContinue(context.Request))
            {
                return;
            }

            await context.Response.CompleteAsync();
            using var deadline = new CancellationTokenSource(DrainTimeout, time);
            while (!IsComplete)
            {
                FinishRead(await StartRead().WaitAsync(IdleTimeout, time, deadline.Token));
            }
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            context.Abort();
        }
        catch (Exception exception) when (exception is IOException or BadHttpRequestException or InvalidOperationException)
        {
            // The client disconnected, or the rest of the body is malformed: Kestrel closes the connection.
        }
        finally
        {
            ReleaseBuffer();
        }
    }

    /// <summary>The client waits for 100 Continue, which Kestrel sends with the first read, so it does not send its body yet.</summary>
    private bool IsAwaitingContinue(HttpRequest request) => !IsReadOnly && request.Headers.Expect.Count > 0;

    private Task<int> StartRead()
    {
        if (_pending is null)
        {
            IsReadOnly = true;
            if (_buffer.Length == 0)
            {
                _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            }

            _pending = _inner.ReadAsync(_buffer).AsTask();
        }

        return _pending;
    }

    private void FinishRead(int read)
    {
        _pending = null;
        _offset = 0;
        _received += read;
        _isAtEnd = read == 0;
    }

    private void CheckLimit(long bytes)
    {
        if (bytes > MaxRequestBodySize)
        {
            _available = 0;
            throw new BadHttpRequestException(
                $"Request body too large. The maximum is {MaxRequestBodySize} bytes.", StatusCodes.Status413PayloadTooLarge);
        }
    }

    private void ReleaseBuffer()
    {
        // A pending read still uses the buffer.
        if (_pending is null or { IsCompleted: true })
        {
            if (_buffer.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
            }

            (_buffer, _available, _isAtEnd) = ([], 0, true);
        }
    }
}
