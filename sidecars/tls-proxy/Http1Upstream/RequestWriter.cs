using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;

namespace TlsProxy.Http1Upstream;

/// <summary>
/// Sends a request to the application: the head is written from what Kestrel parsed, and the body gets its own framing, so the
/// application never sees framing that the client chose.
/// </summary>
internal sealed class RequestWriter(UpstreamConnection connection)
{
    private const int SmallBuffer = 4 * 1024;
    private const int LargeBuffer = 32 * 1024;
    private const int LargestChunk = 0xFFFF;

    private readonly SendBuffer _buffer = new();
    private long? _length;
    private bool _isChunked;

    /// <summary>The complete request was sent.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The client sent an invalid body, or disconnected before its end; null otherwise.</summary>
    public Exception? ClientFailure { get; private set; }

    /// <summary>Sending to the application failed; null otherwise.</summary>
    public Exception? WriteFailure { get; private set; }

    /// <summary>No byte of the body has been read from the client.</summary>
    public bool IsBodyUntouched { get; private set; }

    /// <summary>Sends the request. Failures are stored in the properties and not thrown.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Path and query, in ASCII.</param>
    /// <param name="authority">The value of <c>Host</c> when the client sent none.</param>
    public Task SendRequestAsync(HttpContext context, string target, string authority)
    {
        (IsComplete, ClientFailure, WriteFailure, IsBodyUntouched) = (false, null, null, true);
        var request = context.Request;
        _length = request.ContentLength;
        var hasBody = _length is null
            ? context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            : _length > 0;
        _isChunked = hasBody && _length is null;
        _buffer.RentArray(hasBody && _length is null or > SmallBuffer / 2 ? LargeBuffer : SmallBuffer);
        try
        {
            RequestHeadWriter.WriteHead(_buffer, request, target, authority, hasBody);
        }
        catch (BadHttpRequestException exception)
        {
            ClientFailure = exception;
            return Task.CompletedTask;
        }

        return hasBody ? SendWithBodyAsync(request) : SendHeadAsync();
    }

    public void ReleaseBuffer() => _buffer.ReleaseArray();

    private async Task SendHeadAsync()
    {
        try
        {
            await connection.SendBytesAsync(_buffer.Content);
            IsComplete = true;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            WriteFailure = exception;
        }
        finally
        {
            // The response may take long; no memory is held for the sent request while waiting.
            ReleaseBuffer();
        }
    }

    private async Task SendWithBodyAsync(HttpRequest request)
    {
        try
        {
            await CopyBodyAsync(request.Body);
            if (_isChunked)
            {
                _buffer.AppendBytes("0\r\n"u8);
                RequestHeadWriter.WriteTrailers(_buffer, request);
                _buffer.AppendBytes("\r\n"u8);
            }

            await FlushBufferAsync();
            IsComplete = true;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The application may have sent a response anyway; it is still read.
            WriteFailure = exception;
        }
        catch (OperationCanceledException) when (connection.Deadline.IsCutOff)
        {
            // The response is complete or no longer expected, so the rest of the body is not needed.
        }
        catch (Exception exception)
        {
            ClientFailure = exception;

            // The application must not treat a partial body as complete, and its response is not needed.
            connection.Deadline.CutOffForGoneClient();
        }
        finally
        {
            ReleaseBuffer();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask CopyBodyAsync(Stream body)
    {
        var total = 0L;
        while (true)
        {
            var offset = _buffer.UsedBytes + (_isChunked ? SendBuffer.ChunkHeadBytes : 0);
            var capacity = _buffer.CapacityBytes;
            if (offset + (capacity / 8) > capacity)
            {
                await FlushBufferAsync();
                continue;
            }

            IsBodyUntouched = false;
            var length = Math.Min(capacity - offset - SendBuffer.ChunkTailBytes, LargestChunk);
            var read = await ReadBodyAsync(body, _buffer.GetMemory(offset, length));
            if (read == 0)
            {
                break;
            }

            total += read;
            if (_isChunked)
            {
                _buffer.CommitChunk(offset, read);
            }
            else
            {
                _buffer.CommitBytes(offset, read);
                if (total == _length)
                {
                    break;
                }
            }
        }

        if (!_isChunked && total != _length)
        {
            throw new BadHttpRequestException("The request body ended too early.");
        }
    }

    /// <summary>
    /// Reads the next piece of the body. A piece that is available immediately is sent together with the headers; otherwise the
    /// buffered bytes are sent first.
    /// </summary>
    private ValueTask<int> ReadBodyAsync(Stream body, Memory<byte> memory)
    {
        var read = body.ReadAsync(memory, connection.CutOffToken);
        return read.IsCompletedSuccessfully || _buffer.UsedBytes == 0 ? read : FlushDuringReadAsync(read);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FlushDuringReadAsync(ValueTask<int> read)
    {
        try
        {
            await FlushBufferAsync();
        }
        catch
        {
            // The pending read still uses the buffer. It ends by itself, or when the exchange is cut off.
            await ((Task)read.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await read;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FlushBufferAsync()
    {
        await connection.SendBytesAsync(_buffer.Content);
        _buffer.ClearContent();
    }
}
