using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Certificates;
using TlsProxy.Clients;
using TlsProxy.Metrics;

namespace TlsProxy.Listeners;

/// <summary>
/// Connection middleware that inspects the first record on the TLS port. A client that speaks plain HTTP receives a readable response
/// instead of a closed connection. Other protocols are closed before a handshake uses CPU time. For TLS, it records whether the
/// ClientHello offers TLS 1.3.
/// </summary>
internal sealed class ProtocolDetection(ProxyMetrics metrics, TlsOptions tls, TimeProvider time)
{
    private const string PlainHttpText = "This port speaks HTTPS, but the request was plain HTTP. Use https:// in the address.\n";

    private static readonly byte[] PlainHttpResponse = Encoding.ASCII.GetBytes(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
        + $"Content-Length: {PlainHttpText.Length}\r\n\r\n{PlainHttpText}");

    private readonly TimeSpan _timeout = TimeSpan.FromSeconds(tls.HandshakeTimeoutSeconds);

    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        switch (await DetectProtocolAsync(connection))
        {
            case DetectedProtocol.Tls:
                await next(connection);
                break;
            case DetectedProtocol.PlainHttp:
                metrics.CountNonTlsConnection();
                await connection.Transport.Output.WriteAsync(PlainHttpResponse);
                break;
            case DetectedProtocol.Other:
                metrics.CountNonTlsConnection();
                break;
            default:
                // The client closed the connection without sending anything, as a TCP probe does, or was too slow.
                break;
        }
    }

    private async ValueTask<DetectedProtocol> DetectProtocolAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        if (input.TryRead(out var first))
        {
            var protocol = InspectInput(connection, input, first);
            if (protocol != DetectedProtocol.Incomplete || first.IsCompleted)
            {
                return protocol;
            }
        }

        using var deadline = new CancellationTokenSource(_timeout, time);
        try
        {
            while (true)
            {
                var more = await input.ReadAsync(deadline.Token);
                var protocol = InspectInput(connection, input, more);
                if (protocol != DetectedProtocol.Incomplete || more.IsCompleted)
                {
                    return protocol;
                }
            }
        }
        catch (OperationCanceledException)
        {
            metrics.CountHandshake("timeout", "none");
            return DetectedProtocol.Incomplete;
        }
        catch (Exception exception) when (exception is IOException or ConnectionAbortedException)
        {
            return DetectedProtocol.Incomplete;
        }
    }

    private static DetectedProtocol InspectInput(ConnectionContext connection, PipeReader input, ReadResult result)
    {
        var buffer = result.Buffer;
        var protocol = InspectBytes(connection, buffer);

        // Nothing is consumed, because the handshake reads the same bytes. They count as examined only while more are needed.
        input.AdvanceTo(buffer.Start, protocol == DetectedProtocol.Incomplete ? buffer.End : buffer.Start);
        return protocol;
    }

    private static DetectedProtocol InspectBytes(ConnectionContext connection, in ReadOnlySequence<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return DetectedProtocol.Incomplete;
        }

        var first = buffer.FirstSpan[0];
        if (first is >= (byte)'A' and <= (byte)'Z')
        {
            return DetectedProtocol.PlainHttp;
        }

        if (buffer.Length < ClientHello.RecordHeaderBytes)
        {
            return first == ClientHello.HandshakeRecord ? DetectedProtocol.Incomplete : DetectedProtocol.Other;
        }

        Span<byte> header = stackalloc byte[ClientHello.RecordHeaderBytes];
        buffer.Slice(0, ClientHello.RecordHeaderBytes).CopyTo(header);
        var length = ClientHello.GetRecordLength(header);
        if (length < 0)
        {
            return DetectedProtocol.Other;
        }

        if (buffer.Length < ClientHello.RecordHeaderBytes + length)
        {
            return DetectedProtocol.Incomplete;
        }

        var record = buffer.Slice(ClientHello.RecordHeaderBytes, length);
        connection.Features.GetRequiredFeature<ClientConnection>().OffersTls13 =
            record.IsSingleSegment ? ClientHello.OffersTls13(record.FirstSpan) : ClientHello.OffersTls13(record.ToArray());
        return DetectedProtocol.Tls;
    }
}
