using System.ComponentModel.DataAnnotations;

namespace Agent.Inference;

/// <summary>How much is inferred at a time, and for how long.</summary>
public sealed class InferenceOptions
{
    /// <summary>Requests that are worked on at a time. Default 64.</summary>
    [Range(1, 100_000)]
    public int MaxConcurrency { get; set; } = 64;

    /// <summary>Requests that may wait for their turn; beyond it they are answered with 503 at once. Default 256.</summary>
    [Range(0, 1_000_000)]
    public int QueueLimit { get; set; } = 256;

    /// <summary>Seconds from a request's arrival to a 504, waiting included. Default 30.</summary>
    [Range(0.001, 3600)]
    public double TimeoutSeconds { get; set; } = 30;

    /// <summary>Longest text, in characters (Unicode code points). Default 10 000.</summary>
    [Range(1, 1_000_000)]
    public int MaxTextChars { get; set; } = 10_000;

    /// <summary>Most texts of a batch. Default 256.</summary>
    [Range(1, 10_000)]
    public int MaxBatchTexts { get; set; } = 256;
}
