using System.Buffers;
using System.Buffers.Text;
using Microsoft.AspNetCore.Http.Features;

namespace TlsProxy.Http1Upstream;

/// <summary>Copies a body with chunked transfer encoding, and its trailers, to the client as it arrives (RFC 9112, section 7.1).</summary>
internal static class ChunkedResponseBody
{
    private const int LongestChunkLine = 4 * 1024;

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <param name="connection">The source; the beginning of the body may be in its buffer already.</param>
    /// <param name="cache">Provides the strings of the trailers.</param>
    /// <param name="response">The client's response; its headers are set.</param>
    /// <param name="exchange">Counts the copied bytes.</param>
    /// <exception cref="MalformedResponseException">The chunk framing is invalid, or the body ends before its last chunk.</exception>
    /// <exception cref="OperationCanceledException">The client disconnected.</exception>
    public static async ValueTask CopyChunksAsync(
        UpstreamConnection connection, HeaderCache cache, HttpResponse response, UpstreamExchange exchange)
    {
        var writer = await ResponseBody.StartResponseAsync(response);
        if (ResponseHead.MeasureLine(connection.Received) == 0)
        {
            // The first chunk may be far away: a client of an event stream needs the headers now.
            await ResponseBody.FlushClientAsync(connection, writer);
        }

        while (true)
        {
            var length = await ReadChunkSizeAsync(connection);
            if (length == 0)
            {
                await CopyTrailersAsync(connection, cache, response);
                return;
            }

            while (length > 0)
            {
                if (connection.Received.IsEmpty)
                {
                    await ResponseBody.FlushClientAsync(connection, writer);
                    if (length >= ResponseBody.PieceBytes)
                    {
                        // A large chunk bypasses the buffer of the connection.
                        length -= await ResponseBody.ReceivePieceAsync(connection, writer, length, exchange);
                        continue;
                    }

                    await ReceiveMoreAsync(connection);
                }

                var piece = (int)Math.Min(length, connection.Received.Length);
                writer.Write(connection.Received[..piece]);
                connection.ConsumeBytes(piece);
                exchange.AddBodyBytes(piece);
                length -= piece;
            }

            while (connection.Received.Length < LineEnd.Length)
            {
                await ResponseBody.FlushClientAsync(connection, writer);
                await ReceiveMoreAsync(connection);
            }

            if (!connection.Received.StartsWith(LineEnd))
            {
                throw new MalformedResponseException("a chunk is longer than its size");
            }

            connection.ConsumeBytes(LineEnd.Length);
            if (ResponseHead.MeasureLine(connection.Received) == 0)
            {
                // The next chunk has not arrived: send the current one without waiting for it.
                await ResponseBody.FlushClientAsync(connection, writer);
            }
        }
    }

    /// <summary>Reads the size of the next chunk; chunk extensions are ignored (RFC 9112, section 7.1.1).</summary>
    private static async ValueTask<long> ReadChunkSizeAsync(UpstreamConnection connection)
    {
        int length;
        while ((length = ResponseHead.MeasureLine(connection.Received)) == 0)
        {
            if (connection.Received.Length > LongestChunkLine)
            {
                throw new MalformedResponseException("the line with a chunk size is too long");
            }

            await ReceiveMoreAsync(connection);
        }

        var size = ParseChunkSize(connection.Received[..length]);
        connection.ConsumeBytes(length);
        return size;
    }

    private static long ParseChunkSize(ReadOnlySpan<byte> line)
    {
        if (line.Length > LongestChunkLine
            || !Utf8Parser.TryParse(line, out long size, out var digits, 'X')
            || size < 0
            || line[digits] is not ((byte)'\r' or (byte)';' or (byte)' ' or (byte)'\t')
            || line is not [.., (byte)'\r', (byte)'\n'])
        {
            throw new MalformedResponseException("a chunk size is not a number");
        }

        return size;
    }

    private static async ValueTask CopyTrailersAsync(UpstreamConnection connection, HeaderCache cache, HttpResponse response)
    {
        var total = 0;
        var trailers = response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        while (true)
        {
            int length;
            while ((length = ResponseHead.MeasureLine(connection.Received)) == 0)
            {
                await ReceiveMoreAsync(connection);
            }

            if ((total += length) > ReceiveBuffer.MaximumHeadBytes)
            {
                throw new MalformedResponseException($"its trailers are longer than {ReceiveBuffer.MaximumHeadBytes} bytes");
            }

            var line = connection.Received[..(length - 1)];
            line = line is [.., (byte)'\r'] ? line[..^1] : line;
            if (line.IsEmpty)
            {
                connection.ConsumeBytes(length);
                return;
            }

            var colon = line.IndexOf((byte)':');
            var header = cache.FindHeader(line[..Math.Max(colon, 0)]);
            if (header.Role == HeaderRole.Copied && trailers is { IsReadOnly: false })
            {
                trailers.Append(header.Name, header.DecodeValue(line[(colon + 1)..].Trim(" \t"u8)));
            }

            connection.ConsumeBytes(length);
        }
    }

    private static async ValueTask ReceiveMoreAsync(UpstreamConnection connection)
    {
        if (await connection.ReceiveMoreAsync() == 0)
        {
            throw new MalformedResponseException("it ends before its last chunk");
        }
    }
}
