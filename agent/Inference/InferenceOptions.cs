using System.ComponentModel.DataAnnotations;

namespace Agent.Inference;

/// <summary>Limits on concurrency, time and size of inference requests.</summary>
public sealed class InferenceOptions
{
    /// <summary>Maximum number of concurrent requests at the model. Default 64.</summary>
    [Range(1, 100_000)]
    public int MaxConcurrency { get; set; } = 64;

    /// <summary>Maximum number of waiting requests; the response to further ones is 503, immediately. Default 256.</summary>
    [Range(0, 1_000_000)]
    public int QueueLimit { get; set; } = 256;

    /// <summary>Seconds from a request's arrival to a 504, including the time in the queue. Default 30.</summary>
    [Range(0.001, 3600)]
    public double TimeoutSeconds { get; set; } = 30;

    /// <summary>Maximum length of a text, in characters (Unicode code points). Default 10 000.</summary>
    [Range(1, 1_000_000)]
    public int MaxTextChars { get; set; } = 10_000;

    /// <summary>Maximum number of texts in a batch. Default 256.</summary>
    [Range(1, 10_000)]
    public int MaxBatchTexts { get; set; } = 256;
}
