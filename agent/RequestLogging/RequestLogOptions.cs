using System.ComponentModel.DataAnnotations;

namespace Agent.RequestLogging;

/// <summary>What is written to the request log, and how much of it is kept.</summary>
public sealed class RequestLogOptions
{
    /// <summary>Whether the text that was sent stands in the line. Default false: it may be personal.</summary>
    public bool IncludeText { get; set; }

    /// <summary>Size in bytes at which the file is renamed and a new one begun. Default 64 MiB.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxFileBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Files kept, the one being written included; beyond it the oldest is removed. Default 4.</summary>
    [Range(1, 1000)]
    public int MaxFiles { get; set; } = 4;

    /// <summary>Lines that may wait to be written; beyond it they are dropped and counted. Default 10 000.</summary>
    [Range(1, 10_000_000)]
    public int QueueSize { get; set; } = 10_000;
}
