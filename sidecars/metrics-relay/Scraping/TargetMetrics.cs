using Prometheus;

namespace MetricsRelay.Scraping;

/// <summary>The relay's own metrics about the scrapes of one target.</summary>
internal sealed class TargetMetrics(
    IReadOnlyDictionary<string, Counter.Child> scrapes, Histogram.Child duration, Counter.Child relayed, Counter.Child dropped)
{
    public void RecordScrape(ScrapeResult result, int droppedSamples)
    {
        scrapes[result.Outcome].Inc();
        duration.Observe(result.Duration.TotalSeconds);
        if (result.IsUp)
        {
            relayed.Inc(result.Samples - droppedSamples);
            dropped.Inc(droppedSamples);
        }
    }
}
