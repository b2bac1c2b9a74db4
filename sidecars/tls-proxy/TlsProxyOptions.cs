using System.ComponentModel.DataAnnotations;

namespace TlsProxy;

/// <summary>What the proxy can be told.</summary>
public sealed class TlsProxyOptions : ContainerOptions, IValidatable
{
    /// <summary>Sets what differs from the other processes: the management port, and a delay before the drain.</summary>
    public TlsProxyOptions()
    {
        Management.Port = 8003;
        Shutdown.DelaySeconds = 3;
    }

    /// <summary>The TLS listener.</summary>
    public HttpsOptions Https { get; set; } = new();

    /// <summary>The plain listener that sends everybody to the TLS one.</summary>
    public RedirectOptions Http { get; set; } = new();

    /// <summary>Certificates, and what is asked of clients.</summary>
    public TlsOptions Tls { get; set; } = new();

    /// <summary>The application behind the proxy.</summary>
    public UpstreamOptions Upstream { get; set; } = new();

    /// <summary>Whose word about the client is taken.</summary>
    public ForwardedOptions Forwarded { get; set; } = new();

    /// <summary>What one client, and all together, may ask for.</summary>
    public LimitsOptions Limits { get; set; } = new();

    /// <summary>
    /// Routes and clusters in YARP's own shape, in place of the one application of <see cref="Upstream"/>. Default: none.
    /// </summary>
    public IConfigurationSection? ReverseProxy { get; set; }

    /// <summary>One line a request on stdout.</summary>
    public AccessLogOptions AccessLog { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Upstream.Metadata.Count > 0 && Routes.RouteTable.IsConfigured(this))
        {
            yield return new("Upstream:Metadata", null, "has no effect beside the routes of ReverseProxy: give it to each route that it is meant for.");
        }

        if (Shutdown.DelaySeconds >= Shutdown.GraceSeconds)
        {
            yield return new(
                "Shutdown:DelaySeconds",
                Shutdown.DelaySeconds.ToString(System.Globalization.CultureInfo.InvariantCulture),
                $"leaves no time for the requests in flight: make it less than Shutdown:GraceSeconds ({Shutdown.GraceSeconds}).");
        }
    }

    /// <summary>The TLS listener.</summary>
    public sealed class HttpsOptions
    {
        /// <summary>TCP port. Default 8443; 0 takes a free one and logs it.</summary>
        [Range(0, 65535)]
        public int Port { get; set; } = 8443;

        /// <summary>Strict-Transport-Security, which makes browsers refuse plain HTTP for this host.</summary>
        public HstsOptions Hsts { get; set; } = new();
    }

    /// <summary>Strict-Transport-Security (RFC 6797), sent without <c>preload</c>.</summary>
    public sealed class HstsOptions
    {
        /// <summary>Whether it is sent. Default true.</summary>
        public bool Enabled { get; set; } = true;

        /// <summary>For how many days. Default 365.</summary>
        [Range(0, 3650)]
        public int MaxAgeDays { get; set; } = 365;

        /// <summary>Whether subdomains are meant too. Default false.</summary>
        public bool IncludeSubDomains { get; set; }
    }

    /// <summary>The plain listener that sends everybody to the TLS one.</summary>
    public sealed class RedirectOptions
    {
        /// <summary>TCP port. Default 8080; 0 takes a free one and logs it; -1 opens none.</summary>
        [Range(-1, 65535)]
        public int Port { get; set; } = 8080;

        /// <summary>
        /// The port in the address that clients are sent to, as they see it (behind a Service often 443).
        /// Default 0: that of the TLS listener.
        /// </summary>
        [Range(0, 65535)]
        public int RedirectToPort { get; set; }

        /// <summary>Answer GET and HEAD with 301 in place of 308. Default false: 308 for every method.</summary>
        public bool MovedPermanently { get; set; }
    }

    /// <summary>Whose word about the client is taken.</summary>
    public sealed class ForwardedOptions : IValidatable
    {
        /// <summary>
        /// Networks (CIDR) of proxies in front, whose <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c> and <c>Forwarded</c>
        /// are kept and added to. Default: none, so that what a client says about itself is discarded.
        /// </summary>
        public string[] TrustedNetworks { get; set; } = [];

        /// <inheritdoc/>
        public IEnumerable<ConfigurationError> Validate(string path)
        {
            foreach (var network in TrustedNetworks)
            {
                if (!Requests.TrustedNetworks.TryParse(network, out _))
                {
                    yield return new(path + "TrustedNetworks", network, "is not a network. Write it like 10.0.0.0/8 or fd00::/8; a single address without a length.");
                }
            }
        }
    }

    /// <summary>One line a request on stdout.</summary>
    public sealed class AccessLogOptions
    {
        /// <summary>Whether it is written. Default true.</summary>
        public bool Enabled { get; set; } = true;

        /// <summary>
        /// Bytes of lines that wait for a slow reader of stdout; what comes on top is dropped and counted in
        /// <c>tls_proxy_access_log_dropped_total</c>. Default 4 MiB.
        /// </summary>
        [Range(64 * 1024, 256 * 1024 * 1024)]
        public int QueueBytes { get; set; } = 4 * 1024 * 1024;
    }
}
