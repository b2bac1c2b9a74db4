using System.ComponentModel.DataAnnotations;

namespace Agent.RequestLogging;

/// <summary>Content and size of the request log.</summary>
public sealed class RequestLogOptions
{
    /// <summary>Whether lines include the request's text. Default false, because it may be personal data.</summary>
    public bool IncludeText { get; set; }

    /// <summary>Size in bytes at which the file is renamed and a new one is created. Default 64 MiB.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxFileBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Number of files to keep, including the current one; the oldest is removed beyond that. Default 4.</summary>
    [Range(1, 1000)]
    public int MaxFiles { get; set; } = 4;

    /// <summary>Maximum number of lines that wait to be written; further ones are dropped and counted. Default 10 000.</summary>
    [Range(1, 10_000_000)]
    public int QueueSize { get; set; } = 10_000;
}
