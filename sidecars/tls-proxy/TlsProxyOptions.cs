using System.Globalization;
using TlsProxy.AccessLog;
using TlsProxy.Certificates;
using TlsProxy.Clients;
using TlsProxy.Listeners;
using TlsProxy.Requests;
using TlsProxy.Routes;
using TlsProxy.Upstream;

namespace TlsProxy;

/// <summary>The options of the proxy.</summary>
public sealed partial class TlsProxyOptions : ContainerOptions, IValidatable
{
    /// <summary>Sets the defaults that differ from the other processes: the management port, and a delay before the drain.</summary>
    public TlsProxyOptions()
    {
        Management.Port = 8003;
        Shutdown.DelaySeconds = 3;
    }

    /// <summary>The TLS listener.</summary>
    public HttpsOptions Https { get; set; } = new();

    /// <summary>The plain HTTP listener, which redirects every request to the TLS listener.</summary>
    public RedirectOptions Http { get; set; } = new();

    /// <summary>Server certificates, and the requirements for clients.</summary>
    public TlsOptions Tls { get; set; } = new();

    /// <summary>The application behind the proxy.</summary>
    public UpstreamOptions Upstream { get; set; } = new();

    /// <summary>Which proxies in front of this one are trusted.</summary>
    public ForwardedOptions Forwarded { get; set; } = new();

    /// <summary>Limits for each client and for all clients together.</summary>
    public LimitsOptions Limits { get; set; } = new();

    /// <summary>
    /// Routes and clusters in YARP's own format, instead of the one application of <see cref="Upstream"/>. Default: none.
    /// </summary>
    public IConfigurationSection? ReverseProxy { get; set; }

    /// <summary>The access log: one line for each request, on stdout.</summary>
    public AccessLogOptions AccessLog { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Upstream.Metadata.Count > 0 && new RouteConfiguration(ReverseProxy).HasRoutes)
        {
            yield return new(
                "Upstream:Metadata",
                null,
                "has no effect together with the routes of ReverseProxy: move it to the metadata of the routes.");
        }

        if (Shutdown.DelaySeconds >= Shutdown.GraceSeconds)
        {
            yield return new(
                "Shutdown:DelaySeconds",
                Shutdown.DelaySeconds.ToString(CultureInfo.InvariantCulture),
                $"leaves no time for the requests in flight: set it below Shutdown:GraceSeconds ({Shutdown.GraceSeconds}).");
        }
    }
}
