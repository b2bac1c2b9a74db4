using System.ComponentModel.DataAnnotations;

namespace MetricsRelay.Queue;

/// <summary>Where samples wait that could not be forwarded yet.</summary>
public sealed class QueueOptions
{
    /// <summary>A directory, so that they survive a restart. Default: none, they wait in memory.</summary>
    public string Directory { get; set; } = "";

    /// <summary>Bytes that may wait for each receiver; beyond, the oldest are dropped and counted. Default 64 MiB.</summary>
    [Range(64L * 1024, 1L << 40)]
    public long MaxBytes { get; set; } = 64 << 20;

    /// <summary>The same for another receiver, in a directory below this one.</summary>
    internal QueueOptions Within(string name) => new()
    {
        Directory = Directory.Length == 0 ? "" : Path.Combine(Directory, name),
        MaxBytes = MaxBytes,
    };
}
