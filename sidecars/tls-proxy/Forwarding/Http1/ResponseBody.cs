using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Requests;

namespace TlsProxy.Forwarding.Http1;

/// <summary>Copies an answer's body to the client as it comes.</summary>
internal static class ResponseBody
{
    /// <summary>Asked for when it is not told how much will come.</summary>
    private const int Piece = 16 * 1024;

    private const int LongestChunkLine = 4 * 1024;

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <summary>A body whose length is known.</summary>
    /// <param name="connection">Where it comes from; what has come already stands in its buffer.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="response">The client's answer; its headers are set.</param>
    /// <param name="exchange">Counts.</param>
    /// <exception cref="BrokenAnswerException">It ends before its end.</exception>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public static ValueTask CopyAsync(UpstreamConnection connection, long length, HttpResponse response, Exchange exchange)
    {
        if (connection.Received.Length < length)
        {
            return CopyPiecesAsync(connection, length, response, exchange);
        }

        // Most answers are all there by now: one copy, and they go out with their headers.
        response.BodyWriter.Write(connection.Received[..(int)length]);
        connection.Consume((int)length);
        exchange.Sent(length);
        return ValueTask.CompletedTask;
    }

    /// <summary>A body that ends where the connection does.</summary>
    /// <inheritdoc cref="CopyAsync"/>
    public static async ValueTask CopyToEndAsync(UpstreamConnection connection, HttpResponse response, Exchange exchange)
    {
        var writer = await StartAsync(response);
        await PassOnAsync(connection, connection.Received.Length, writer, exchange);
        while (true)
        {
            var received = await connection.ReceiveAsync(writer.GetMemory(Piece));
            if (received == 0)
            {
                return;
            }

            writer.Advance(received);
            exchange.Sent(received);
            await FlushAsync(connection, writer);
        }
    }

    /// <summary>A body in chunks, and the trailers after it.</summary>
    /// <inheritdoc cref="CopyAsync"/>
    public static async ValueTask CopyChunksAsync(UpstreamConnection connection, HeaderCatalog catalog, HttpResponse response, Exchange exchange)
    {
        var writer = await StartAsync(response);
        if (ResponseHead.LineLength(connection.Received) == 0)
        {
            // The first chunk may be long in coming: a stream of events is open when its headers are there.
            await FlushAsync(connection, writer);
        }

        while (true)
        {
            var length = await ReadChunkHeadAsync(connection);
            if (length == 0)
            {
                await ReadTrailersAsync(connection, catalog, response);
                return;
            }

            while (length > 0)
            {
                if (connection.Received.IsEmpty)
                {
                    await FlushAsync(connection, writer);
                    if (length >= Piece)
                    {
                        // A chunk that is longer than the connection's buffer goes past it.
                        length -= await ReceivePieceAsync(connection, writer, length, exchange);
                        continue;
                    }

                    await ReceiveAsync(connection);
                }

                var piece = (int)Math.Min(length, connection.Received.Length);
                writer.Write(connection.Received[..piece]);
                connection.Consume(piece);
                exchange.Sent(piece);
                length -= piece;
            }

            while (connection.Received.Length < LineEnd.Length)
            {
                await FlushAsync(connection, writer);
                await ReceiveAsync(connection);
            }

            if (!connection.Received.StartsWith(LineEnd))
            {
                throw new BrokenAnswerException("a chunk is longer than it says");
            }

            connection.Consume(LineEnd.Length);

            if (ResponseHead.LineLength(connection.Received) == 0)
            {
                // Nothing more is there: what came must not wait for what will come.
                await FlushAsync(connection, writer);
            }
        }
    }

    private static async ValueTask CopyPiecesAsync(UpstreamConnection connection, long length, HttpResponse response, Exchange exchange)
    {
        var writer = await StartAsync(response);
        length -= await PassOnAsync(connection, connection.Received.Length, writer, exchange);
        while (length > 0)
        {
            length -= await ReceivePieceAsync(connection, writer, length, exchange);
            // The last piece too: at the end Kestrel flushes what it framed itself, and of this it framed nothing.
            await FlushAsync(connection, writer);
        }
    }

    /// <summary>From here on a failure cannot be told to the client but by breaking off.</summary>
    private static async ValueTask<PipeWriter> StartAsync(HttpResponse response)
    {
        await response.StartAsync();
        return response.BodyWriter;
    }

    private static async ValueTask<int> PassOnAsync(UpstreamConnection connection, int bytes, PipeWriter writer, Exchange exchange)
    {
        writer.Write(connection.Received[..bytes]);
        connection.Consume(bytes);
        exchange.Sent(bytes);
        await FlushAsync(connection, writer);
        return bytes;
    }

    /// <summary>Receives into the client's answer what is there of a part of so many bytes.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> ReceivePieceAsync(UpstreamConnection connection, PipeWriter writer, long length, Exchange exchange)
    {
        var room = writer.GetMemory((int)Math.Min(length, Piece));
        var received = await connection.ReceiveAsync(room[..(int)Math.Min(length, room.Length)]);
        if (received == 0)
        {
            throw new BrokenAnswerException($"it ends {length} bytes before its end");
        }

        writer.Advance(received);
        exchange.Sent(received);
        return received;
    }

    private static async ValueTask FlushAsync(UpstreamConnection connection, PipeWriter writer)
    {
        var flushing = writer.FlushAsync(connection.WhenCutOff);
        var isSlow = !flushing.IsCompleted;
        if ((await flushing).IsCompleted)
        {
            throw new OperationCanceledException("The client is gone.");
        }

        if (isSlow)
        {
            // The application was not silent: it was not listened to.
            connection.Moved();
        }
    }

    private static async ValueTask ReceiveAsync(UpstreamConnection connection)
    {
        if (await connection.ReceiveAsync() == 0)
        {
            throw new BrokenAnswerException("it ends before its last chunk");
        }
    }

    /// <summary>Reads a chunk's size; extensions mean nothing to anybody (RFC 9112, section 7.1.1).</summary>
    private static async ValueTask<long> ReadChunkHeadAsync(UpstreamConnection connection)
    {
        int length;
        while ((length = ResponseHead.LineLength(connection.Received)) == 0)
        {
            if (connection.Received.Length > LongestChunkLine)
            {
                throw new BrokenAnswerException("a chunk's size has no end");
            }

            await ReceiveAsync(connection);
        }

        var line = connection.Received[..length];
        if (length > LongestChunkLine || !Utf8Parser.TryParse(line, out long size, out var digits, 'X') || size < 0 || line[digits] is not ((byte)'\r' or (byte)';' or (byte)' ' or (byte)'\t')
            || line is not [.., (byte)'\r', (byte)'\n'])
        {
            throw new BrokenAnswerException("a chunk's size is no number");
        }

        connection.Consume(length);
        return size;
    }

    private static async ValueTask ReadTrailersAsync(UpstreamConnection connection, HeaderCatalog catalog, HttpResponse response)
    {
        var total = 0;
        var trailers = response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        while (true)
        {
            int length;
            while ((length = ResponseHead.LineLength(connection.Received)) == 0)
            {
                await ReceiveAsync(connection);
            }

            if ((total += length) > UpstreamConnection.LargestHead)
            {
                throw new BrokenAnswerException($"its trailers are longer than {UpstreamConnection.LargestHead} bytes");
            }

            var line = connection.Received[..(length - 1)];
            line = line is [.., (byte)'\r'] ? line[..^1] : line;
            if (line.IsEmpty)
            {
                connection.Consume(length);
                return;
            }

            var colon = line.IndexOf((byte)':');
            var entry = catalog.Find(line[..Math.Max(colon, 0)]);
            if (entry.Role == HeaderCatalog.Role.Copied && trailers is { IsReadOnly: false })
            {
                trailers.Append(entry.Name, entry.ValueOf(line[(colon + 1)..].Trim(" \t"u8)));
            }

            connection.Consume(length);
        }
    }
}
