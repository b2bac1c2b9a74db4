using System.Buffers;
using System.Net;
using System.Text.Json;

namespace TlsProxy.Listeners;

/// <summary>What is known of a client's connection, found out once and used by each of its requests.</summary>
internal sealed class ClientConnection
{
    private volatile ForwardedElement? _forwarded;

    public required IPAddress? Address { get; init; }

    /// <summary>The address as text, as it goes into headers and the log.</summary>
    public required string AddressText { get; init; }

    /// <summary>Whether the client's hello offers TLS 1.3; null when its first record does not show it.</summary>
    public bool? OffersTls13 { get; set; }

    /// <summary>Null on the plain listener, and until the handshake is done.</summary>
    public TlsSession? Tls { get; private set; }

    /// <summary>The connection's part of each access-log line: UTF-8 JSON fields, beginning with a comma.</summary>
    public ReadOnlyMemory<byte> LogFields { get; private set; }

    public static ClientConnection Of(EndPoint? remote)
    {
        var address = (remote as IPEndPoint)?.Address;
        if (address is { IsIPv4MappedToIPv6: true })
        {
            address = address.MapToIPv4();
        }

        var connection = new ClientConnection { Address = address, AddressText = address?.ToString() ?? "unknown" };
        connection.LogFields = connection.Render();
        return connection;
    }

    /// <summary>The handshake is done.</summary>
    public void Secured(TlsSession session)
    {
        Tls = session;
        LogFields = Render();
    }

    /// <summary>The <c>Forwarded</c> element (RFC 7239, section 4) for a request to <paramref name="host"/>.</summary>
    public string Forwarded(string host)
    {
        // A connection asks for one host as good as always. A race between HTTP/2 streams only makes it twice.
        var last = _forwarded;
        if (last is null || !last.Host.Equals(host, StringComparison.Ordinal))
        {
            var node = Address is { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } ? $"\"[{AddressText}]\"" : AddressText;
            _forwarded = last = new ForwardedElement(host, $"for={node};host=\"{host}\";proto=https");
        }

        return last.Text;
    }

    private ReadOnlyMemory<byte> Render()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("client", AddressText);
            if (Tls is { } tls)
            {
                json.WriteString("tls_version", tls.Version);
                json.WriteString("tls_cipher", tls.Cipher);
                json.WriteString("sni", Cut(tls.ServerName));
                if (tls.ClientSubject is { } subject)
                {
                    json.WriteString("client_subject", Cut(subject));
                }
            }

            json.WriteEndObject();
        }

        var fields = buffer.WrittenSpan[1..^1];
        var rendered = new byte[fields.Length + 1];
        rendered[0] = (byte)',';
        fields.CopyTo(rendered.AsSpan(1));
        return rendered;
    }

    /// <summary>As much as fits into a line of the log whatever it is made of: escaped, a character can take six bytes.</summary>
    private static string Cut(string text)
    {
        const int longest = 400;
        return text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];
    }

    private sealed record ForwardedElement(string Host, string Text);
}
