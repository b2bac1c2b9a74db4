using System.ComponentModel.DataAnnotations;

namespace Agent.Server;

/// <summary>The port for clients and its limits.</summary>
public sealed class HttpOptions
{
    /// <summary>TCP port; 0 selects a free one. Default 8000.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 8000;

    /// <summary>Largest request body, in bytes; the response to a larger one is 413. Default 1 MiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>Maximum number of open connections; further ones are closed immediately. Default 4096.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 4096;
}
