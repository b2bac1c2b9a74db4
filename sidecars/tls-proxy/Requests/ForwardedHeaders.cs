using System.Net;
using TlsProxy.Listeners;

namespace TlsProxy.Requests;

/// <summary>
/// Tells the application who asks and how (<c>X-Forwarded-*</c>, and <c>Forwarded</c> of RFC 7239). What the client says
/// of itself is discarded; a proxy that is trusted is believed the chain: <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c>
/// and <c>Forwarded</c>.
/// </summary>
internal sealed class ForwardedHeaders(TlsProxyOptions options)
{
    /// <summary>Who asks, as the proxy found out.</summary>
    public const string User = "X-Forwarded-User";

    private static readonly string[] NeverFromClients =
    [
        "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Real-IP",
        "X-Client-IP", "True-Client-IP", "X-Original-Forwarded-For", "X-Original-Host", "X-Original-Proto", "X-Original-URL", "X-Rewrite-URL",
        User,
    ];

    private volatile TrustedNetworks _trusted = new(options.Forwarded.TrustedNetworks);

    /// <summary>The networks of a new configuration.</summary>
    public void Trust(TrustedNetworks networks) => _trusted = networks;

    public void Apply(HttpRequest request, ClientConnection client)
    {
        var headers = request.Headers;
        var host = request.Host.Value ?? "";
        var forwarded = client.Forwarded(host);

        // Its value is the identity of this connection's client, and nobody else's word is taken for it.
        headers.Remove("X-Forwarded-Client-Cert");
        if (client.Tls?.ForwardedClientCertificate is { } certificate)
        {
            headers["X-Forwarded-Client-Cert"] = certificate;
        }

        // Nor is anybody's word taken for these: an ordinary proxy in front passes on what its clients say in them.
        foreach (var name in NeverFromClients)
        {
            headers.Remove(name);
        }

        if (_trusted.Contains(client.Address))
        {
            Append(headers, "X-Forwarded-For", client.AddressText);
            Append(headers, "Forwarded", forwarded);
            headers.TryAdd("X-Forwarded-Proto", "https");
            headers.TryAdd("X-Forwarded-Host", host);
            return;
        }

        headers["X-Forwarded-For"] = client.AddressText;
        headers["X-Forwarded-Proto"] = "https";
        headers["X-Forwarded-Host"] = host;
        headers["Forwarded"] = forwarded;
    }

    /// <summary>
    /// The address that a request comes from: the connection's, or behind proxies that are trusted the last one that none
    /// of them has.
    /// </summary>
    public IPAddress? ClientOf(HttpRequest request, ClientConnection client)
    {
        var trusted = _trusted;
        if (!trusted.Contains(client.Address))
        {
            return client.Address;
        }

        var chain = request.Headers["X-Forwarded-For"].ToString().Split(',', StringSplitOptions.TrimEntries);
        for (var i = chain.Length - 1; i >= 0; i--)
        {
            if (!IPAddress.TryParse(chain[i], out var address))
            {
                break;
            }

            if (!trusted.Contains(address))
            {
                return address;
            }
        }

        return client.Address;
    }

    private static void Append(IHeaderDictionary headers, string name, string value)
    {
        var before = headers[name];
        headers[name] = before.Count == 0 ? value : $"{before}, {value}";
    }
}
