namespace LogTailer.Sinks.Http;

/// <summary>What became of the lines of one request.</summary>
/// <param name="Outcome">Of all of them, or of the rest where some are named.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Label">The reason as a bounded label of a metric.</param>
internal sealed record Verdict(Outcome Outcome, string Reason = "", string Label = "")
{
    /// <summary>All lines have arrived.</summary>
    public static Verdict Accepted { get; } = new(Outcome.Accepted);

    /// <summary>How long the store asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What to do about it, for people.</summary>
    public string Remedy { get; init; } = "It is tried again; see the store's own log.";

    /// <summary>The exception behind it.</summary>
    public Exception? Cause { get; init; }

    /// <summary>How many lines the store refused for good without saying which.</summary>
    public long Rejected { get; init; }

    /// <summary>Lines that are to be sent again, where the others are done with.</summary>
    public IReadOnlyList<int> Again { get; init; } = [];

    /// <summary>Lines that the store refused for good, with what it said.</summary>
    public IReadOnlyList<(int Line, string Reason)> Dead { get; init; } = [];
}
