using System.Net.Sockets;

namespace TlsProxy.Upstream;

/// <summary>Checks whether a destination accepts connections.</summary>
internal static class ReachabilityProbe
{
    /// <summary>Opens a connection and closes it again.</summary>
    /// <param name="url">Host and port.</param>
    /// <param name="timeout">Limit for the connection.</param>
    /// <param name="cancellationToken">Cancels the probe.</param>
    /// <returns>Why the connection failed; null when it succeeded.</returns>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public static async Task<string?> TryConnectAsync(Uri url, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(timeout);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(url.Host, url.Port, deadline.Token);
            return null;
        }
        catch (SocketException exception)
        {
            return exception.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"No connection within {timeout.TotalSeconds} s.";
        }
    }
}
