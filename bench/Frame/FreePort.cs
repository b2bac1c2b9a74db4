using System.Net;
using System.Net.Sockets;

namespace Bench.Frame;

/// <summary>A TCP port that was free a moment ago, for those that cannot be asked which one they took.</summary>
internal static class FreePort
{
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
