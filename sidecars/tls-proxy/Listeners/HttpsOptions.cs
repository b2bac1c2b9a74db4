using System.ComponentModel.DataAnnotations;
using TlsProxy.Responses;

namespace TlsProxy.Listeners;

/// <summary>The TLS listener.</summary>
public sealed class HttpsOptions
{
    /// <summary>TCP port. Default 8443; 0 selects a free port and logs it.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 8443;

    /// <summary>Strict-Transport-Security, which tells browsers to use HTTPS for this host only.</summary>
    public HstsOptions Hsts { get; set; } = new();
}
