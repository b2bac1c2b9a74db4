using System.ComponentModel.DataAnnotations;

namespace TlsProxy.AccessLog;

/// <summary>The access log: one line for each request, on stdout.</summary>
public sealed class AccessLogOptions
{
    /// <summary>Whether the access log is written. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// Bytes of lines waiting for a slow reader of stdout; lines above it are dropped and counted in
    /// <c>tls_proxy_access_log_dropped_total</c>. Default 4 MiB.
    /// </summary>
    [Range(64 * 1024, 256 * 1024 * 1024)]
    public int QueueBytes { get; set; } = 4 * 1024 * 1024;
}
