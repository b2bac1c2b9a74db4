using System.ComponentModel.DataAnnotations;

namespace Agent;

/// <summary>The port that clients talk to, and what it takes from them.</summary>
public sealed class HttpOptions
{
    /// <summary>TCP port; 0 takes a free one. Default 8000.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 8000;

    /// <summary>Largest request body, in bytes; a larger one is answered with 413. Default 1 MiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>Connections at a time; further ones are closed at once. Default 4096.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 4096;
}
