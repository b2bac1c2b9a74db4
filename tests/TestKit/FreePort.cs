using System.Net;
using System.Net.Sockets;

namespace TestKit;

/// <summary>A TCP port that was free a moment ago, for a process that cannot be asked which one it took.</summary>
public static class FreePort
{
    /// <summary>Takes one, and lets it go again.</summary>
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
