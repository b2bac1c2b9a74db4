using System.Net;
using System.Net.Sockets;

namespace TestKit;

/// <summary>A TCP port that was free a moment ago, for a process that cannot be asked which one it took.</summary>
public static class FreePort
{
    // Below the ports that the kernel hands out by itself (32768 and up on Linux): one of those could go to any connection
    // of another test between being found free and being used.
    private const int First = 20_000;
    private const int Count = 12_000;

    private static int _next = Random.Shared.Next(Count);

    /// <summary>Takes one, and lets it go again. The same is not given twice before all others were.</summary>
    public static int Take()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Any, port) { ExclusiveAddressUse = true };
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // The next one, then.
            }
        }
    }
}
