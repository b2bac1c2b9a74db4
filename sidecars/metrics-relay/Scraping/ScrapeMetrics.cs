using Prometheus;

namespace MetricsRelay.Scraping;

/// <summary>The relay's own metrics about scrapes.</summary>
internal sealed class ScrapeMetrics
{
    private static readonly double[] DurationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Counter _scrapes;
    private readonly Histogram _duration;
    private readonly Counter.Child _relayed;
    private readonly Counter.Child _dropped;
    private readonly Counter.Child _conflicting;

    public ScrapeMetrics(IMetricFactory metrics)
    {
        _scrapes = metrics.CreateCounter("metrics_relay_scrapes_total", "Scrapes by target and outcome.", ["outcome", "target"]);
        _duration = metrics.CreateHistogram(
            "metrics_relay_scrape_duration_seconds", "Duration of scrapes by target.", ["target"],
            new HistogramConfiguration { Buckets = DurationBuckets });
        var samples = metrics.CreateCounter("metrics_relay_samples_total", "Scraped samples by outcome.", ["outcome"]);
        _relayed = samples.WithLabels("relayed");
        _dropped = samples.WithLabels("dropped");
        _conflicting = samples.WithLabels("conflict");
    }

    /// <summary>Creates the series of a target with the value 0.</summary>
    public TargetMetrics AddTarget(string target) => new(
        ScrapeResult.AllOutcomes.ToDictionary(outcome => outcome, outcome => _scrapes.WithLabels(outcome, target)),
        _duration.WithLabels(target), _relayed, _dropped);

    /// <summary>Removes the series of a target that is no longer configured.</summary>
    public void RemoveTarget(string target)
    {
        _duration.RemoveLabelled(target);
        foreach (var outcome in ScrapeResult.AllOutcomes)
        {
            _scrapes.RemoveLabelled(outcome, target);
        }
    }

    /// <summary>Counts samples that are omitted from the merged exposition.</summary>
    public void RecordConflicts(int samples) => _conflicting.Inc(samples);
}
