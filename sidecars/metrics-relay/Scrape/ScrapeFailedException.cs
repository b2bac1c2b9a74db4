namespace MetricsRelay.Scrape;

/// <summary>A target did not answer as a target should.</summary>
/// <param name="outcome">The kind of failure, one of a few words: the label of the relay's own metrics.</param>
/// <param name="message">What happened.</param>
/// <param name="remedy">What to do.</param>
internal sealed class ScrapeFailedException(string outcome, string message, string remedy) : Exception(message)
{
    public string Outcome { get; } = outcome;

    public string Remedy { get; } = remedy;
}
