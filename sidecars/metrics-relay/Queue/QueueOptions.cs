using System.ComponentModel.DataAnnotations;

namespace MetricsRelay.Queue;

/// <summary>The queue of samples that wait to be forwarded.</summary>
public sealed class QueueOptions
{
    /// <summary>A directory for the queue, so that it survives a restart. Default: none, the queue is in memory.</summary>
    public string Directory { get; set; } = "";

    /// <summary>
    /// The size of the queue of each receiver in bytes. When it is full, the oldest samples are dropped and counted. Default 64 MiB.
    /// </summary>
    [Range(64L * 1024, 1L << 40)]
    public long MaxBytes { get; set; } = 64 << 20;

    /// <summary>The same options for another receiver, with a subdirectory.</summary>
    internal QueueOptions WithSubdirectory(string name) => new()
    {
        Directory = Directory.Length == 0 ? "" : Path.Combine(Directory, name),
        MaxBytes = MaxBytes,
    };
}
