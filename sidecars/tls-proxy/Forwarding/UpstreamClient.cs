using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding;

/// <summary>The connections to the application, and how requests are put on them.</summary>
internal sealed class UpstreamClient : IDisposable
{
    private static readonly UnmeasuredFactory Unmeasured = new();

    public UpstreamClient(TlsProxyOptions options)
    {
        var upstream = options.Upstream;
        Address = upstream.Url.ToString();
        Http = new HttpMessageInvoker(CreateHandler(upstream), disposeHandler: true);
        Request = new ForwarderRequestConfig
        {
            ActivityTimeout = TimeSpan.FromSeconds(upstream.TimeoutSeconds),
            Version = upstream.Protocol == UpstreamProtocol.H2c ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public string Address { get; }

    public HttpMessageInvoker Http { get; }

    public ForwarderRequestConfig Request { get; }

    public void Dispose() => Http.Dispose();

    /// <summary>A handler that passes on and does nothing by itself.</summary>
    /// <remarks>Its own metrics, six tags a request, would say of the upstream what tls_proxy_… says already.</remarks>
    private static SocketsHttpHandler CreateHandler(UpstreamOptions options) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        // traceparent goes on as it came: the proxy is no hop of the trace.
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(options.ConnectTimeoutSeconds),
        EnableMultipleHttp2Connections = true,
        MeterFactory = Unmeasured,
        // Under the 130 s after which Kestrel, and the 60 to 75 s after which many others, drop an idle connection.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50),
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
    };

    /// <summary>Meters in a scope that the exposition does not collect, so that their instruments are never on.</summary>
    private sealed class UnmeasuredFactory : IMeterFactory
    {
        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            return new Meter(options);
        }

        public void Dispose()
        {
        }
    }
}
