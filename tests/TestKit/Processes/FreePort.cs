using System.Net;
using System.Net.Sockets;

namespace TestKit;

/// <summary>Finds an unused TCP port, for a process that cannot report which port it chose by itself.</summary>
public static class FreePort
{
    // Below the range from which the kernel assigns ports (32768 and up on Linux): another test's connection cannot take
    // the port between the check and its use.
    private const int First = 20_000;
    private const int Count = 12_000;

    private static int _next = Random.Shared.Next(Count);

    /// <summary>Returns a port that is unused now. A port repeats only after all others in the range were returned.</summary>
    public static int FindUnused()
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
            catch (SocketException exception)
                when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // In use: try the next one.
            }
        }
    }
}
