using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace TlsProxy.Listeners;

/// <summary>
/// Looks at the first record of a connection to the TLS port. A client that speaks plain HTTP gets an answer that it can
/// show to a person instead of a connection that closes; whatever else is not TLS is closed before a handshake costs
/// anything; of a ClientHello it notes whether TLS 1.3 is offered, if that shows.
/// </summary>
internal sealed class HelloGuard(ProxyMetrics metrics, TlsProxyOptions options, TimeProvider time)
{
    private const string Text = "This port speaks HTTPS, and the request was plain HTTP. Use https:// in the address.\n";

    private static readonly byte[] PlainHttpAnswer = System.Text.Encoding.ASCII.GetBytes(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
        + $"Content-Length: {Text.Length}\r\n\r\n{Text}");

    private readonly TimeSpan _timeout = TimeSpan.FromSeconds(options.Tls.HandshakeTimeoutSeconds);

    private enum Verdict
    {
        NeedsMore,
        Tls,
        PlainHttp,
        Other,
    }

    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        switch (await LookAsync(connection))
        {
            case Verdict.Tls:
                await next(connection);
                break;
            case Verdict.PlainHttp:
                metrics.NotTls();
                await connection.Transport.Output.WriteAsync(PlainHttpAnswer);
                break;
            case Verdict.Other:
                metrics.NotTls();
                break;
            default:
                // Connected and gone, as a TCP probe does, or too slow.
                break;
        }
    }

    private async ValueTask<Verdict> LookAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        if (input.TryRead(out var first))
        {
            var verdict = Judge(connection, input, first);
            if (verdict != Verdict.NeedsMore || first.IsCompleted)
            {
                return verdict;
            }
        }

        using var deadline = new CancellationTokenSource(_timeout, time);
        try
        {
            while (true)
            {
                var more = await input.ReadAsync(deadline.Token);
                var verdict = Judge(connection, input, more);
                if (verdict != Verdict.NeedsMore || more.IsCompleted)
                {
                    return verdict;
                }
            }
        }
        catch (OperationCanceledException)
        {
            metrics.Handshake("timeout", "none");
            return Verdict.NeedsMore;
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException)
        {
            return Verdict.NeedsMore;
        }
    }

    private static Verdict Judge(ConnectionContext connection, PipeReader input, ReadResult result)
    {
        var buffer = result.Buffer;
        var verdict = Judge(connection, buffer);
        // Nothing is consumed, for the handshake reads it all again; it counts as looked at only while more is needed.
        input.AdvanceTo(buffer.Start, verdict == Verdict.NeedsMore ? buffer.End : buffer.Start);
        return verdict;
    }

    private static Verdict Judge(ConnectionContext connection, in ReadOnlySequence<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return Verdict.NeedsMore;
        }

        var first = buffer.FirstSpan[0];
        if (first is >= (byte)'A' and <= (byte)'Z')
        {
            return Verdict.PlainHttp;
        }

        if (buffer.Length < ClientHello.RecordHeaderBytes)
        {
            const byte handshakeRecord = 0x16;
            return first == handshakeRecord ? Verdict.NeedsMore : Verdict.Other;
        }

        Span<byte> header = stackalloc byte[ClientHello.RecordHeaderBytes];
        buffer.Slice(0, ClientHello.RecordHeaderBytes).CopyTo(header);
        var length = ClientHello.RecordLength(header);
        if (length < 0)
        {
            return Verdict.Other;
        }

        if (buffer.Length < ClientHello.RecordHeaderBytes + length)
        {
            return Verdict.NeedsMore;
        }

        var record = buffer.Slice(ClientHello.RecordHeaderBytes, length);
        connection.Features.GetRequiredFeature<ClientConnection>().OffersTls13 =
            record.IsSingleSegment ? ClientHello.OffersTls13(record.FirstSpan) : ClientHello.OffersTls13(record.ToArray());
        return Verdict.Tls;
    }
}
