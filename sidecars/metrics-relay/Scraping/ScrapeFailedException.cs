namespace MetricsRelay.Scraping;

/// <summary>A scrape failed because of the target or the connection to it.</summary>
/// <param name="outcome">The kind of failure: the <c>outcome</c> label of the relay's metrics.</param>
/// <param name="message">What failed.</param>
/// <param name="remedy">What to do.</param>
internal sealed class ScrapeFailedException(string outcome, string message, string remedy) : Exception(message)
{
    public string Outcome { get; } = outcome;

    public string Remedy { get; } = remedy;
}
