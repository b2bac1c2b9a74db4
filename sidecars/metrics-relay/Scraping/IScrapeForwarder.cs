namespace MetricsRelay.Scraping;

/// <summary>Forwards the result of each interval scrape.</summary>
internal interface IScrapeForwarder
{
    /// <summary>The name in messages and <c>/statusz</c>.</summary>
    string Name { get; }

    /// <summary>Whether the targets are scraped once more at shutdown.</summary>
    bool NeedsFinalScrape { get; }

    /// <summary>Forwards the last scrape of a target.</summary>
    void ForwardScrape(Target target);

    /// <summary>Ends the series of all other targets.</summary>
    void EndMissingTargets(IReadOnlySet<string> remainingTargets);
}
