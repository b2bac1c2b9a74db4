using System.Net;
using System.Net.Sockets;

namespace TlsProxy.Clients;

/// <summary>The networks whose proxies are trusted to report the client of a request.</summary>
internal sealed class TrustedNetworks
{
    private readonly IPNetwork[] _networks;

    public TrustedNetworks(IEnumerable<string> networks) =>
        _networks = [.. networks.Select(n => TryParse(n, out var network) ? network : throw new FormatException($"{n} is not a network"))];

    public bool ContainsAddress(IPAddress? address)
    {
        if (_networks.Length == 0 || address is null)
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    public static bool TryParse(string text, out IPNetwork network)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            network = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
            return true;
        }

        return IPNetwork.TryParse(text, out network);
    }
}
