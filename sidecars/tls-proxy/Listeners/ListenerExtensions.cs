using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace TlsProxy.Listeners;

/// <summary>The two ports for clients.</summary>
internal static class ListenerExtensions
{
    /// <summary>Configures Kestrel: limits, the TLS port and the redirect's.</summary>
    public static void UseListeners(this IWebHostBuilder web, TlsProxyOptions options) => web.ConfigureKestrel(kestrel =>
    {
        Limit(kestrel.Limits, options.Limits);
        kestrel.AllowResponseHeaderCompression = true;
        // The application's headers were read byte for byte, and go on so.
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        var services = kestrel.ApplicationServices;
        var account = services.GetRequiredService<ConnectionAccount>();
        ListenAddress.Bind(kestrel, options.Listen.Address, options.Https.Port, endpoint =>
        {
            var hello = services.GetRequiredService<HelloGuard>();
            var handshake = services.GetRequiredService<TlsHandshake>();
            endpoint.Protocols = HttpProtocols.Http1AndHttp2;
            endpoint.Use(account.OnAcceptedAsync);
            endpoint.Use(hello.OnConnectionAsync);
            endpoint.Use(account.OnHandshakeAsync);
            endpoint.UseHttps(handshake.CreateOptions());
            endpoint.Use(account.OnSecuredAsync);
        });

        if (options.Http.Port >= 0)
        {
            ListenAddress.Bind(kestrel, options.Listen.Address, options.Http.Port, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http1;
                endpoint.Use(account.OnAcceptedAsync);
            });
        }
    });

    private static void Limit(KestrelServerLimits kestrel, LimitsOptions limits)
    {
        kestrel.MaxRequestBodySize = limits.BodyBytes == 0 ? null : limits.BodyBytes;
        kestrel.MaxRequestHeaderCount = limits.HeaderCount;
        kestrel.MaxRequestHeadersTotalSize = limits.HeaderBytes;
        kestrel.MaxRequestLineSize = limits.RequestLineBytes;
        // Kestrel does not start with a buffer that is smaller than what it may have to hold at once.
        kestrel.MaxRequestBufferSize = Math.Max(64 * 1024, Math.Max(limits.RequestLineBytes, limits.HeaderBytes));
        kestrel.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeaderTimeoutSeconds);
        kestrel.KeepAliveTimeout = TimeSpan.FromSeconds(limits.KeepAliveSeconds);
        kestrel.MaxConcurrentConnections = limits.Connections;
        kestrel.MaxConcurrentUpgradedConnections = limits.Connections;

        var rate = limits.MinimumBytesPerSecond == 0 ? null : new MinDataRate(limits.MinimumBytesPerSecond, TimeSpan.FromSeconds(5));
        kestrel.MinRequestBodyDataRate = rate;
        kestrel.MinResponseDataRate = rate;

        kestrel.Http2.MaxStreamsPerConnection = limits.StreamsPerConnection;
        kestrel.Http2.MaxRequestHeaderFieldSize = limits.HeaderBytes;
        // A peer that has gone without a word holds its connection no longer than this.
        kestrel.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(limits.KeepAliveSeconds);
        kestrel.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
