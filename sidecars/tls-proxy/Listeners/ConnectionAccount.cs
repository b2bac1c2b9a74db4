using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Drain;

namespace TlsProxy.Listeners;

/// <summary>Keeps account of connections and handshakes: one part stands before TLS, the other after it.</summary>
internal sealed class ConnectionAccount(ProxyMetrics metrics, DrainingConnections draining, TlsProxyOptions options, TimeProvider time)
{
    private static readonly string[] CipherNames = new string[ushort.MaxValue + 1];

    /// <summary>Before TLS.</summary>
    public async Task OnAcceptedAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Set(ClientConnection.Of(connection.RemoteEndPoint));
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

    /// <summary>Around the handshake, whose failures Kestrel keeps to itself.</summary>
    public async Task OnHandshakeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var started = time.GetTimestamp();
        await next(connection);
        if (connection.Features.Get<ClientConnection>() is { Tls: null })
        {
            var late = time.GetElapsedTime(started).TotalSeconds >= options.Tls.HandshakeTimeoutSeconds;
            metrics.Handshake(late ? "timeout" : "failed", "none");
        }
    }

    /// <summary>After TLS.</summary>
    public async Task OnSecuredAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var handshake = connection.Features.GetRequiredFeature<ITlsHandshakeFeature>();
        var identity = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } certificate ? ClientIdentity.Of(certificate) : null;
        var version = Version(handshake.Protocol);
        connection.Features.GetRequiredFeature<ClientConnection>().Secured(new TlsSession(
            version,
            Cipher(handshake.NegotiatedCipherSuite),
            handshake.HostName,
            identity?.Subject,
            identity?.ToHeader()));
        metrics.Handshake("ok", version);

        using var lingering = LingeringLifetime.Attach(connection, draining.IsDraining, options, time);
        await next(connection);
    }

    private static string Version(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "1.3",
        SslProtocols.Tls12 => "1.2",
        _ => "unknown",
    };

    /// <summary>Naming an enumeration's value is slow, and there are few.</summary>
    private static string Cipher(TlsCipherSuite? suite) => suite is null
        ? ""
        : CipherNames[(ushort)suite] ??= suite.Value.ToString();
}
