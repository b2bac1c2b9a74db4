using System.Globalization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace TlsProxy.Listeners;

/// <summary>The actual ports of the listeners, known once the server runs.</summary>
internal sealed class BoundPorts(IServer server)
{
    private int _https;
    private int _http;

    public int Https => _https != 0 ? _https : _https = FindPort("https://");

    /// <summary>0 when the redirect is disabled.</summary>
    public int Http => _http != 0 ? _http : _http = FindPort("http://");

    private int FindPort(string scheme)
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        foreach (var address in addresses)
        {
            if (address.StartsWith(scheme, StringComparison.Ordinal))
            {
                return int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }
}
