using System.Diagnostics.Metrics;

namespace MetricsRelay.Scrape;

/// <summary>What the relay measures of its scrapes.</summary>
internal sealed class ScrapeMetrics
{
    private readonly Counter<long> _scrapes;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _samples;

    public ScrapeMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("metrics_relay");
        _scrapes = meter.CreateCounter<long>(
            "metrics_relay_scrapes_total", description: "Scrapes by target and outcome.");
        _duration = meter.CreateHistogram(
            "metrics_relay_scrape_duration_seconds", unit: "s", description: "How long scrapes took, by target.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        _samples = meter.CreateCounter<long>(
            "metrics_relay_samples_total", description: "Scraped samples by what became of them.");
    }

    public void Scraped(string target, ScrapeResult result, int dropped)
    {
        _scrapes.Add(1, new("target", target), new("outcome", result.Outcome));
        _duration.Record(result.Duration.TotalSeconds, new KeyValuePair<string, object?>("target", target));
        if (result.Up)
        {
            Samples("relayed", result.Samples - dropped);
            Samples("dropped", dropped);
        }
    }

    /// <summary>Samples that were left out of the merged exposition.</summary>
    public void Conflicted(int samples) => Samples("conflict", samples);

    private void Samples(string outcome, int count)
    {
        if (count > 0)
        {
            _samples.Add(count, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }
}
