using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Upstream;

/// <summary>The HTTP client for the application, and the request settings for YARP's forwarder.</summary>
internal sealed class UpstreamClient : IDisposable
{
    private static readonly UncollectedMeterFactory Uncollected = new();

    public UpstreamClient(UpstreamOptions upstream)
    {
        Address = upstream.Url.ToString();
        Http = new HttpMessageInvoker(CreateHandler(upstream), disposeHandler: true);
        RequestConfig = new ForwarderRequestConfig
        {
            ActivityTimeout = TimeSpan.FromSeconds(upstream.TimeoutSeconds),
            Version = upstream.Protocol == UpstreamProtocol.H2c ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public string Address { get; }

    public HttpMessageInvoker Http { get; }

    public ForwarderRequestConfig RequestConfig { get; }

    public void Dispose() => Http.Dispose();

    /// <summary>Creates a handler that forwards messages without changing them.</summary>
    private static SocketsHttpHandler CreateHandler(UpstreamOptions options) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,

        // traceparent is forwarded unchanged: the proxy is not a span of the trace.
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(options.ConnectTimeoutSeconds),
        EnableMultipleHttp2Connections = true,
        MeterFactory = Uncollected,

        // Shorter than the idle timeouts of Kestrel (130 s) and of many other servers (60 to 75 s).
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50),
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
    };

    /// <summary>
    /// Creates meters that are not exported, so their instruments stay disabled. The handler's own metrics repeat what the
    /// <c>tls_proxy_*</c> metrics show, and cost six tags for each request.
    /// </summary>
    private sealed class UncollectedMeterFactory : IMeterFactory
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
