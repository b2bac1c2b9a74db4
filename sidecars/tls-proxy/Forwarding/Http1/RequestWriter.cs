using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace TlsProxy.Forwarding.Http1;

/// <summary>
/// Sends a request to the application as it was understood: the request line and headers are written anew, the body is
/// framed anew, and what was meant for the client's hop stays behind.
/// </summary>
internal sealed class RequestWriter(UpstreamConnection connection)
{
    private const int SmallBuffer = 4 * 1024;
    private const int LargeBuffer = 32 * 1024;

    /// <summary>Four hexadecimal digits and a line end before each chunk, a line end after it.</summary>
    private const int ChunkHead = 6;
    private const int ChunkTail = 2;
    private const int LargestChunk = 0xFFFF;

    private static readonly FrozenSet<string> StaysBehind = FrozenSet.ToFrozenSet(
        [.. HopByHop.Names, "Host", "Content-Length", "Expect"], StringComparer.OrdinalIgnoreCase);

    private static readonly SearchValues<char> LineBreaking = SearchValues.Create("\r\n\0");

    private byte[] _buffer = [];
    private int _used;
    private long? _length;
    private bool _isChunked;

    /// <summary>All of it has gone.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The client's fault, or its end, in the middle of the body; null when there is none.</summary>
    public Exception? ClientFailure { get; private set; }

    /// <summary>The application took no more; null when it did.</summary>
    public Exception? WriteFailure { get; private set; }

    /// <summary>Nothing of the body has been read from the client.</summary>
    public bool IsBodyUntouched { get; private set; }

    /// <summary>Sends it; how that went, the properties say. Never throws for what happens on the way.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Path and query, in ASCII.</param>
    /// <param name="authority">Named as the host when the client names none.</param>
    public Task SendAsync(HttpContext context, string target, string authority)
    {
        (IsComplete, ClientFailure, WriteFailure, IsBodyUntouched, _used) = (false, null, null, true, 0);
        var request = context.Request;
        _length = request.ContentLength;
        var hasBody = _length is null
            ? context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            : _length > 0;
        _isChunked = hasBody && _length is null;
        _buffer = ArrayPool<byte>.Shared.Rent(hasBody && _length is null or > SmallBuffer / 2 ? LargeBuffer : SmallBuffer);
        try
        {
            WriteHead(request, target, authority, hasBody);
        }
        catch (BadHttpRequestException e)
        {
            ClientFailure = e;
            return Task.CompletedTask;
        }

        return hasBody ? SendWithBodyAsync(request.Body) : SendHeadAsync();
    }

    public void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private async Task SendHeadAsync()
    {
        try
        {
            await connection.SendAsync(_buffer.AsMemory(0, _used));
            IsComplete = true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            WriteFailure = e;
        }
        finally
        {
            // The answer may take its time: until then nothing is held for what has gone.
            ReturnBuffer();
        }
    }

    private async Task SendWithBodyAsync(Stream body)
    {
        var total = 0L;
        try
        {
            while (true)
            {
                var at = _used + (_isChunked ? ChunkHead : 0);
                if (at + (_buffer.Length / 8) > _buffer.Length)
                {
                    await FlushAsync();
                    continue;
                }

                // A first piece that is there already goes out with the headers.
                IsBodyUntouched = false;
                var reading = body.ReadAsync(_buffer.AsMemory(at, Math.Min(_buffer.Length - at - ChunkTail, LargestChunk)), connection.WhenCutOff);
                int read;
                if (reading.IsCompletedSuccessfully)
                {
                    read = reading.Result;
                }
                else
                {
                    if (_used > 0)
                    {
                        try
                        {
                            await FlushAsync();
                        }
                        catch
                        {
                            // The read uses the buffer until it has ended, by itself or since the answer is complete.
                            await ((Task)reading.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                            throw;
                        }
                    }

                    read = await reading;
                }

                if (read == 0)
                {
                    break;
                }

                total += read;
                if (_isChunked)
                {
                    Frame(at, read);
                }
                else
                {
                    // Where the headers went out before the piece came, it stands behind their place.
                    _buffer.AsSpan(at, read).CopyTo(_buffer.AsSpan(_used));
                    _used += read;
                    if (total == _length)
                    {
                        break;
                    }
                }
            }

            if (_isChunked)
            {
                Append("0\r\n\r\n"u8);
            }
            else if (total != _length)
            {
                throw new BadHttpRequestException("The body of the request broke off.");
            }

            await FlushAsync();
            IsComplete = true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It may have answered all the same: what it said is read to its end.
            WriteFailure = e;
        }
        catch (OperationCanceledException) when (connection.IsCutOff)
        {
            // The answer is complete, or none is waited for any more: the rest of the body is nobody's.
        }
        catch (Exception e)
        {
            ClientFailure = e;
            // The application must not take the part for the whole, and no answer is to be waited for.
            connection.Abandon();
        }
        finally
        {
            ReturnBuffer();
        }
    }

    private async ValueTask FlushAsync()
    {
        await connection.SendAsync(_buffer.AsMemory(0, _used));
        _used = 0;
    }

    /// <summary>Puts a chunk's head before the piece that was read, and a line end behind it.</summary>
    private void Frame(int at, int read)
    {
        if (at != _used + ChunkHead)
        {
            _buffer.AsSpan(at, read).CopyTo(_buffer.AsSpan(_used + ChunkHead));
        }

        _ = Utf8Formatter.TryFormat(read, _buffer.AsSpan(_used), out _, new StandardFormat('X', 4));
        "\r\n"u8.CopyTo(_buffer.AsSpan(_used + 4));
        _used += ChunkHead + read;
        "\r\n"u8.CopyTo(_buffer.AsSpan(_used));
        _used += ChunkTail;
    }

    private void WriteHead(HttpRequest request, string target, string authority, bool hasBody)
    {
        AppendAscii(request.Method);
        Append(" "u8);
        AppendAscii(target);
        Append(" HTTP/1.1\r\nHost: "u8);
        AppendValue(request.Host.Value is { Length: > 0 } host ? host : authority);
        Append("\r\n"u8);
        foreach (var (name, values) in request.Headers)
        {
            if (!StaysBehind.Contains(name) && name[0] != ':')
            {
                WriteHeader(name, values);
            }
        }

        if (HttpProtocol.IsHttp2(request.Protocol) && HopByHop.WantsTrailers(request.Headers.TE))
        {
            Append("TE: trailers\r\n"u8);
        }

        if (_isChunked)
        {
            Append("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (hasBody || _length is 0 || HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method) || HttpMethods.IsPatch(request.Method))
        {
            // Without it a server may wait for a body that never comes.
            Append("Content-Length: "u8);
            Reserve(20);
            _ = Utf8Formatter.TryFormat(_length ?? 0, _buffer.AsSpan(_used), out var written);
            _used += written;
            Append("\r\n"u8);
        }

        Append("\r\n"u8);
    }

    private void WriteHeader(string name, StringValues values)
    {
        // HTTP/2 may send a cookie in pieces, which only a semicolon joins again.
        if (values.Count > 1 && name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
        {
            values = string.Join("; ", (IEnumerable<string?>)values);
        }

        for (var i = 0; i < values.Count; i++)
        {
            AppendAscii(name);
            Append(": "u8);
            AppendValue(values[i] ?? "");
            Append("\r\n"u8);
        }
    }

    private void AppendValue(string value)
    {
        if (value.AsSpan().ContainsAny(LineBreaking))
        {
            throw new BadHttpRequestException("The value of a header has a character that no value may have.");
        }

        Reserve(Encoding.UTF8.GetMaxByteCount(value.Length));
        _used += Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_used));
    }

    private void AppendAscii(string text)
    {
        Reserve(text.Length);
        _used += Encoding.ASCII.GetBytes(text, _buffer.AsSpan(_used));
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private void Reserve(int bytes)
    {
        if (bytes <= _buffer.Length - _used)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _used + bytes));
        _buffer.AsSpan(0, _used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
