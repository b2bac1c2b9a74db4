namespace MetricsRelay.Scraping;

/// <summary>The result of the last scrape of a target.</summary>
/// <param name="StartTime">When it started.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Samples">The number of exposed samples.</param>
/// <param name="Bytes">The number of decompressed bytes.</param>
/// <param name="Outcome">One of <see cref="AllOutcomes"/>.</param>
/// <param name="Error">The reason of the failure, or null.</param>
internal sealed record ScrapeResult(DateTimeOffset StartTime, TimeSpan Duration, int Samples, long Bytes, string Outcome, string? Error)
{
    /// <summary><c>success</c>, and the kinds of failure. <c>internal</c> is a bug in the relay.</summary>
    public static readonly IReadOnlyList<string> AllOutcomes =
        ["success", "connection", "timeout", "status", "content_type", "format", "body_limit", "sample_limit", "internal"];

    public bool IsUp => Error is null;
}
