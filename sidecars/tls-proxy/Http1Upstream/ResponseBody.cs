using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace TlsProxy.Http1Upstream;

/// <summary>Copies a body of known length, or one that ends with the connection, to the client as it arrives.</summary>
internal static class ResponseBody
{
    /// <summary>Memory requested from the client's response when the number of following bytes is unknown.</summary>
    public const int PieceBytes = 16 * 1024;

    /// <summary>Copies a body of known length.</summary>
    /// <param name="connection">The source; the beginning of the body may be in its buffer already.</param>
    /// <param name="length">Length in bytes.</param>
    /// <param name="response">The client's response; its headers are set.</param>
    /// <param name="exchange">Counts the copied bytes.</param>
    /// <exception cref="MalformedResponseException">The body is shorter than its length.</exception>
    /// <exception cref="OperationCanceledException">The client disconnected.</exception>
    public static ValueTask CopyFixedLengthAsync(
        UpstreamConnection connection, long length, HttpResponse response, UpstreamExchange exchange)
    {
        if (length == 0)
        {
            // Even an empty write would send the headers first: over HTTP/2 the headers must end the stream, as gRPC requires.
            return ValueTask.CompletedTask;
        }

        if (connection.Received.Length < length)
        {
            return CopyPiecesAsync(connection, length, response, exchange);
        }

        // Most responses are completely received here: one copy, and the body is sent together with the headers.
        response.BodyWriter.Write(connection.Received[..(int)length]);
        connection.ConsumeBytes((int)length);
        exchange.AddBodyBytes(length);
        return ValueTask.CompletedTask;
    }

    /// <summary>Copies a body that ends when the application closes the connection.</summary>
    /// <inheritdoc cref="CopyFixedLengthAsync"/>
    public static async ValueTask CopyUntilCloseAsync(UpstreamConnection connection, HttpResponse response, UpstreamExchange exchange)
    {
        var writer = await StartResponseAsync(response);
        await CopyReceivedAsync(connection, writer, exchange);
        while (true)
        {
            var received = await connection.ReceiveIntoAsync(writer.GetMemory(PieceBytes));
            if (received == 0)
            {
                return;
            }

            writer.Advance(received);
            exchange.AddBodyBytes(received);
            await FlushClientAsync(connection, writer);
        }
    }

    /// <summary>Sends the headers. Later failures can only be signaled by aborting the response.</summary>
    public static async ValueTask<PipeWriter> StartResponseAsync(HttpResponse response)
    {
        await response.StartAsync();
        return response.BodyWriter;
    }

    /// <summary>Receives available bytes directly into the client's response, up to <paramref name="length"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<int> ReceivePieceAsync(
        UpstreamConnection connection, PipeWriter writer, long length, UpstreamExchange exchange)
    {
        var memory = writer.GetMemory((int)Math.Min(length, PieceBytes));
        var received = await connection.ReceiveIntoAsync(memory[..(int)Math.Min(length, memory.Length)]);
        if (received == 0)
        {
            throw new MalformedResponseException($"it ends {length} bytes too early");
        }

        writer.Advance(received);
        exchange.AddBodyBytes(received);
        return received;
    }

    public static async ValueTask FlushClientAsync(UpstreamConnection connection, PipeWriter writer)
    {
        var flush = writer.FlushAsync(connection.CutOffToken);
        var isBlocked = !flush.IsCompleted;
        if ((await flush).IsCompleted)
        {
            throw new OperationCanceledException("The client disconnected.");
        }

        if (isBlocked)
        {
            // Backpressure from the client, not an idle application: restart the timeout.
            connection.Deadline.ExtendDeadline();
        }
    }

    private static async ValueTask CopyPiecesAsync(
        UpstreamConnection connection, long length, HttpResponse response, UpstreamExchange exchange)
    {
        var writer = await StartResponseAsync(response);
        length -= await CopyReceivedAsync(connection, writer, exchange);
        while (length > 0)
        {
            length -= await ReceivePieceAsync(connection, writer, length, exchange);

            // The last piece needs a flush as well: at the end of a request Kestrel flushes only the framing it added itself.
            await FlushClientAsync(connection, writer);
        }
    }

    private static async ValueTask<int> CopyReceivedAsync(UpstreamConnection connection, PipeWriter writer, UpstreamExchange exchange)
    {
        var bytes = connection.Received.Length;
        writer.Write(connection.Received);
        connection.ConsumeBytes(bytes);
        exchange.AddBodyBytes(bytes);
        await FlushClientAsync(connection, writer);
        return bytes;
    }
}
