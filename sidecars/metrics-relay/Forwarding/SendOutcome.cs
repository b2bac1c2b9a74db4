namespace MetricsRelay.Forwarding;

/// <summary>The outcome of a request.</summary>
/// <param name="Name">The <c>outcome</c> label of the relay's own metrics.</param>
/// <param name="IsFinal">Whether the batch is finished; otherwise it is sent again.</param>
/// <param name="Error">The error, or null.</param>
/// <param name="RetryAfter">The delay that the receiver requests.</param>
/// <param name="WrittenSamples">The number of samples that the receiver reports as written; null when it reports none.</param>
internal readonly record struct SendOutcome(
    string Name, bool IsFinal, string? Error, TimeSpan? RetryAfter = null, int? WrittenSamples = null)
{
    public static readonly SendOutcome Accepted = new("accepted", true, null);

    /// <summary>All values of <see cref="Name"/>. Only OTLP has <c>partial</c>; <c>internal</c> is a bug in the relay.</summary>
    public static readonly IReadOnlyList<string> AllNames =
        ["accepted", "partial", "retried", "refused", "timeout", "connection", "lost", "internal"];
}
