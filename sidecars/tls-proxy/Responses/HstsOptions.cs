using System.ComponentModel.DataAnnotations;

namespace TlsProxy.Responses;

/// <summary>Strict-Transport-Security (RFC 6797), sent without <c>preload</c>.</summary>
public sealed class HstsOptions
{
    /// <summary>Whether the header is sent. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Validity in days. Default 365.</summary>
    [Range(0, 3650)]
    public int MaxAgeDays { get; set; } = 365;

    /// <summary>Whether subdomains are included. Default false.</summary>
    public bool IncludeSubDomains { get; set; }
}
