using System.Net.Sockets;

namespace TlsProxy.Forwarding;

/// <summary>Whether something listens where a request is to go.</summary>
internal static class Reachability
{
    /// <summary>Connects, and does nothing with the connection.</summary>
    /// <param name="url">Host and port.</param>
    /// <param name="patience">After it, nothing does.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Why there is no connection; null when there is one.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<string?> TestAsync(Uri url, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(patience);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(url.Host, url.Port, deadline.Token);
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"No answer within {patience.TotalSeconds} s.";
        }
    }
}
