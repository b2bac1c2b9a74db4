using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.Net.Http.Headers;
using TlsProxy.Requests;

namespace TlsProxy.Listeners;

/// <summary>The two client-facing listeners.</summary>
internal static class ListenerExtensions
{
    private static readonly ContentLengthEncoding ContentLength = new();

    /// <summary>Configures the protocol limits of Kestrel, and how it decodes headers.</summary>
    public static void ApplyLimits(this KestrelServerOptions kestrel, LimitsOptions options)
    {
        kestrel.AllowResponseHeaderCompression = true;

        // Header values pass in both directions byte for byte, whatever their encoding is.
        kestrel.RequestHeaderEncodingSelector = static name =>
            name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? ContentLength : Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = options.BodyBytes == 0 ? null : options.BodyBytes;
        limits.MaxRequestHeaderCount = options.HeaderCount;
        limits.MaxRequestHeadersTotalSize = options.HeaderBytes;
        limits.MaxRequestLineSize = options.RequestLineBytes;

        // Kestrel does not start with a buffer smaller than the largest head that it has to hold.
        limits.MaxRequestBufferSize = Math.Max(64 * 1024, Math.Max(options.RequestLineBytes, options.HeaderBytes));
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.HeaderTimeoutSeconds);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.KeepAliveSeconds);
        limits.MaxConcurrentConnections = options.Connections;
        limits.MaxConcurrentUpgradedConnections = options.Connections;

        var rate = options.MinimumBytesPerSecond == 0 ? null : new MinDataRate(options.MinimumBytesPerSecond, TimeSpan.FromSeconds(5));
        limits.MinRequestBodyDataRate = rate;
        limits.MinResponseDataRate = rate;

        limits.Http2.MaxStreamsPerConnection = options.StreamsPerConnection;
        limits.Http2.MaxRequestHeaderFieldSize = options.HeaderBytes;

        // Closes the connections of clients that disappeared without closing them.
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(options.KeepAliveSeconds);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }

    /// <summary>Adds the TLS listener.</summary>
    public static void ListenHttps(this KestrelServerOptions kestrel, string address, HttpsOptions options)
    {
        var services = kestrel.ApplicationServices;
        var tracking = services.GetRequiredService<ConnectionTracking>();
        ListenAddress.Bind(kestrel, address, options.Port, endpoint =>
        {
            var detection = services.GetRequiredService<ProtocolDetection>();
            var handshake = services.GetRequiredService<TlsHandshake>();
            endpoint.Protocols = HttpProtocols.Http1AndHttp2;
            endpoint.Use(tracking.OnAcceptedAsync);
            endpoint.Use(detection.OnConnectionAsync);
            endpoint.Use(tracking.OnHandshakeAsync);
            endpoint.UseHttps(handshake.CreateCallbackOptions());
            endpoint.Use(tracking.OnHandshakeCompletedAsync);
        });
    }

    /// <summary>Adds the plain HTTP listener, unless it is disabled.</summary>
    public static void ListenHttp(this KestrelServerOptions kestrel, string address, RedirectOptions options)
    {
        if (options.Port < 0)
        {
            return;
        }

        var tracking = kestrel.ApplicationServices.GetRequiredService<ConnectionTracking>();
        ListenAddress.Bind(kestrel, address, options.Port, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.Use(tracking.OnAcceptedAsync);
        });
    }
}
