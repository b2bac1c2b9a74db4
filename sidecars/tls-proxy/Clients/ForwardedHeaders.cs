using System.Net;
using System.Text;

namespace TlsProxy.Clients;

/// <summary>
/// Informs the application about the client of a request (<c>X-Forwarded-*</c>, and <c>Forwarded</c> of RFC 7239). Values sent by clients
/// are discarded. A trusted proxy in front may report the chain: <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c> and <c>Forwarded</c>.
/// </summary>
internal sealed class ForwardedHeaders(ForwardedOptions options)
{
    private const string User = "X-Forwarded-User";

    private const string ClientCertificate = "X-Forwarded-Client-Cert";

    private static readonly string[] AlwaysRemoved =
    [
        "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Real-IP",
        "X-Client-IP", "True-Client-IP", "X-Original-Forwarded-For", "X-Original-Host", "X-Original-Proto", "X-Original-URL",
        "X-Rewrite-URL",
        User,
    ];

    private volatile TrustedNetworks _trusted = new(options.TrustedNetworks);

    /// <summary>Prepares a reload.</summary>
    /// <returns>Applies the new networks.</returns>
    public Action PrepareReload(ForwardedOptions next)
    {
        var networks = new TrustedNetworks(next.TrustedNetworks);
        return () => _trusted = networks;
    }

    public void ApplyHeaders(HttpRequest request, ClientConnection client)
    {
        var headers = request.Headers;
        var host = request.Host.Value ?? "";
        var forwarded = client.GetForwardedElement(host);

        // This header identifies the client of this connection, so even a trusted proxy may not set it.
        headers.Remove(ClientCertificate);
        if (client.Tls?.ForwardedClientCertificate is { } certificate)
        {
            headers[ClientCertificate] = certificate;
        }

        // Trusted proxies may not set these either: an ordinary proxy in front forwards what its own clients sent.
        foreach (var name in AlwaysRemoved)
        {
            headers.Remove(name);
        }

        if (_trusted.ContainsAddress(client.Address))
        {
            AppendValue(headers, "X-Forwarded-For", client.AddressText);
            AppendValue(headers, "Forwarded", forwarded);
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
    /// The address of the client: the address of the connection, or behind trusted proxies the last address in
    /// <c>X-Forwarded-For</c> that is not trusted.
    /// </summary>
    public IPAddress? FindClientAddress(HttpRequest request, ClientConnection client)
    {
        var trusted = _trusted;
        if (!trusted.ContainsAddress(client.Address))
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

            if (!trusted.ContainsAddress(address))
            {
                return address;
            }
        }

        return client.Address;
    }

    /// <summary>Sets the authenticated identity. Header values are bytes, each in one character, so the name is encoded as UTF-8 first.</summary>
    public static void SetUser(HttpRequest request, string identity) =>
        request.Headers[User] = Ascii.IsValid(identity) ? identity : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(identity));

    private static void AppendValue(IHeaderDictionary headers, string name, string value)
    {
        var existing = headers[name];
        headers[name] = existing.Count == 0 ? value : $"{existing}, {value}";
    }
}
