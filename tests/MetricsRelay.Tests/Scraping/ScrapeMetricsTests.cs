using System.Text;
using MetricsRelay.Scraping;
using Prometheus;

namespace MetricsRelay.Tests.Scraping;

public sealed class ScrapeMetricsTests
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly ScrapeMetrics _metrics;

    public ScrapeMetricsTests() => _metrics = new ScrapeMetrics(Metrics.WithCustomRegistry(_registry));

    [Fact]
    public async Task Every_known_series_is_0_before_the_first_scrape()
    {
        _metrics.AddTarget("t");

        var page = await ExportAsync();

        foreach (var outcome in ScrapeResult.AllOutcomes)
        {
            Assert.Contains($"metrics_relay_scrapes_total{{outcome=\"{outcome}\",target=\"t\"}} 0\n", page, StringComparison.Ordinal);
        }

        Assert.Contains("metrics_relay_scrape_duration_seconds_bucket{target=\"t\",le=\"0.0025\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_samples_total{outcome=\"relayed\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_samples_total{outcome=\"dropped\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_samples_total{outcome=\"conflict\"} 0\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Series_of_a_removed_target_are_no_longer_exposed()
    {
        _metrics.AddTarget("old").RecordScrape(new ScrapeResult(default, TimeSpan.FromSeconds(2), 5, 0, "success", null), 1);
        _metrics.AddTarget("new");
        _metrics.RemoveTarget("old");

        var page = await ExportAsync();

        Assert.DoesNotContain("\"old\"", page, StringComparison.Ordinal);
        Assert.Contains("target=\"new\"", page, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_samples_total{outcome=\"relayed\"} 4\n", page, StringComparison.Ordinal);
    }

    private async Task<string> ExportAsync()
    {
        using var output = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(output);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
