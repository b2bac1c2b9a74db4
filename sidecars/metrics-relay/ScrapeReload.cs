using MetricsRelay.Scraping;

namespace MetricsRelay;

/// <summary>Applies a changed configuration to the scraper.</summary>
internal sealed class ScrapeReload(Scraper scraper) : IReloadParticipant<MetricsRelayOptions>
{
    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys { get; } = ["Scrape", "ExternalLabels", "Relabel"];

    /// <inheritdoc/>
    public ValueTask<Action> PrepareAsync(MetricsRelayOptions next, CancellationToken cancellationToken) =>
        ValueTask.FromResult(scraper.PrepareReload(next.ToScrapeConfiguration()));
}
