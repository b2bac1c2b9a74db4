namespace MetricsRelay.Scrape;

/// <summary>How the last scrape of a target went.</summary>
/// <param name="At">When it began.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Samples">Samples that the target exposed.</param>
/// <param name="Bytes">Bytes of the body, decompressed.</param>
/// <param name="Outcome"><c>success</c>, or the kind of failure.</param>
/// <param name="Error">Why it failed, null if it did not.</param>
internal sealed record ScrapeResult(
    DateTimeOffset At, TimeSpan Duration, int Samples, long Bytes, string Outcome, string? Error)
{
    public bool Up => Error is null;
}
