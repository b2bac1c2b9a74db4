using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Certificates;
using TlsProxy.Clients;
using TlsProxy.Drain;
using TlsProxy.Metrics;

namespace TlsProxy.Listeners;

/// <summary>Connection middleware that counts connections and handshakes, and provides the <see cref="ClientConnection"/>.</summary>
internal sealed class ConnectionTracking(
    ProxyMetrics metrics, ConnectionDrain drain, TlsOptions tls, ContainerOptions.ShutdownOptions shutdown, TimeProvider time)
{
    private static readonly string[] CipherNames = new string[ushort.MaxValue + 1];

    /// <summary>Runs before TLS.</summary>
    public async Task OnAcceptedAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Set(ClientConnection.FromEndPoint(connection.RemoteEndPoint));
        metrics.ConnectionOpened();
        try
        {
            await next(connection);
        }
        finally
        {
            metrics.ConnectionClosed();
        }
    }

    /// <summary>Runs around the handshake, because Kestrel does not report its failures.</summary>
    public async Task OnHandshakeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var started = time.GetTimestamp();
        await next(connection);
        if (connection.Features.Get<ClientConnection>() is { Tls: null })
        {
            var isTimeout = time.GetElapsedTime(started).TotalSeconds >= tls.HandshakeTimeoutSeconds;
            metrics.CountHandshake(isTimeout ? "timeout" : "failed", "none");
        }
    }

    /// <summary>Runs after the handshake.</summary>
    public async Task OnHandshakeCompletedAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var handshake = connection.Features.GetRequiredFeature<ITlsHandshakeFeature>();
        var identity = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } certificate
            ? ClientIdentity.FromCertificate(certificate)
            : null;
        var version = GetVersionName(handshake.Protocol);
        connection.Features.GetRequiredFeature<ClientConnection>().CompleteHandshake(new TlsSession(
            version,
            GetCipherName(handshake.NegotiatedCipherSuite),
            handshake.HostName,
            identity?.Subject,
            identity?.FormatHeader()));
        metrics.CountHandshake("ok", version);

        using var delayedClose = DelayedConnectionClose.AttachTo(connection, drain.IsDraining, shutdown, time);
        await next(connection);
    }

    private static string GetVersionName(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "1.3",
        SslProtocols.Tls12 => "1.2",
        _ => "unknown",
    };

    /// <summary>Caches the names, because formatting a value of an enumeration is slow.</summary>
    private static string GetCipherName(TlsCipherSuite? suite) =>
        suite is null ? "" : CipherNames[(ushort)suite] ??= suite.Value.ToString();
}
