using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace TlsProxy.Clients;

/// <summary>The facts about a client's connection, determined once and used by all of its requests.</summary>
internal sealed class ClientConnection
{
    private volatile ForwardedElement? _forwarded;

    public required IPAddress? Address { get; init; }

    /// <summary>The address as text, for headers.</summary>
    public required string AddressText { get; init; }

    /// <summary>Whether the ClientHello offers TLS 1.3; null when its first record does not show it.</summary>
    public bool? OffersTls13 { get; set; }

    /// <summary>Null on the plain HTTP listener, and until the handshake is complete.</summary>
    public TlsSession? Tls { get; private set; }

    /// <summary>The address for the access log, escaped once.</summary>
    public required JsonEncodedText LoggedAddress { get; init; }

    /// <summary>The TLS session for the access log; null while <see cref="Tls"/> is.</summary>
    public LoggedTlsSession? LoggedTls { get; private set; }

    public static ClientConnection FromEndPoint(EndPoint? remote)
    {
        var address = (remote as IPEndPoint)?.Address;
        if (address is { IsIPv4MappedToIPv6: true })
        {
            address = address.MapToIPv4();
        }

        var text = address?.ToString() ?? "unknown";
        return new ClientConnection { Address = address, AddressText = text, LoggedAddress = JsonEncodedText.Encode(text) };
    }

    /// <summary>Sets the TLS session after the handshake.</summary>
    public void CompleteHandshake(TlsSession session)
    {
        LoggedTls = LoggedTlsSession.FromSession(session);
        Tls = session;
    }

    /// <summary>The <c>Forwarded</c> element (RFC 7239, section 4) for a request to <paramref name="host"/>.</summary>
    public string GetForwardedElement(string host)
    {
        // Nearly every connection requests one host only. A race between HTTP/2 streams creates the same element twice.
        var last = _forwarded;
        if (last is null || !last.Host.Equals(host, StringComparison.Ordinal))
        {
            var node = Address is { AddressFamily: AddressFamily.InterNetworkV6 } ? $"\"[{AddressText}]\"" : AddressText;
            _forwarded = last = new ForwardedElement(host, $"for={node};host=\"{host}\";proto=https");
        }

        return last.Text;
    }

    private sealed record ForwardedElement(string Host, string Text);
}
