using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

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
            return $"no connection within {timeout.TotalSeconds} s";
        }
    }

    /// <summary>Completes a TLS handshake with a destination, which validates its certificate, and closes the connection.</summary>
    /// <param name="url">Host and port; the certificate has to match the host.</param>
    /// <param name="cancellationToken">Cancels the probe.</param>
    /// <returns>Why the handshake failed; null when it succeeded.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<string?> TryHandshakeAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(url.Host, url.Port, cancellationToken);
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host }, cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is SocketException or IOException or AuthenticationException)
        {
            return exception.Message.TrimEnd('.');
        }
    }
}
