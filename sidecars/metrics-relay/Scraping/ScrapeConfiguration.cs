using MetricsRelay.Relabeling;

namespace MetricsRelay.Scraping;

/// <summary>The parts of the configuration that determine a <see cref="TargetSet"/>. They can change on reload.</summary>
/// <param name="Scrape">The targets, the interval and the limits.</param>
/// <param name="ExternalLabels">Labels for series without a label of that name.</param>
/// <param name="RelabelRules">The rules, in order.</param>
internal sealed record ScrapeConfiguration(
    ScrapeOptions Scrape, IReadOnlyDictionary<string, string> ExternalLabels, IReadOnlyList<RelabelRuleOptions> RelabelRules);
