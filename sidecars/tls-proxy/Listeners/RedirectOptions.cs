using System.ComponentModel.DataAnnotations;

namespace TlsProxy.Listeners;

/// <summary>The plain HTTP listener, which redirects every request to the TLS listener.</summary>
public sealed class RedirectOptions
{
    /// <summary>TCP port. Default 8080; 0 selects a free port and logs it; -1 disables the listener.</summary>
    [Range(-1, 65535)]
    public int Port { get; set; } = 8080;

    /// <summary>
    /// The port in the redirect address, as clients see it (behind a Service often 443). Default 0: the port of the TLS listener.
    /// </summary>
    [Range(0, 65535)]
    public int RedirectToPort { get; set; }

    /// <summary>Respond to GET and HEAD with 301 instead of 308. Default false: 308 for every method.</summary>
    public bool MovedPermanently { get; set; }
}
