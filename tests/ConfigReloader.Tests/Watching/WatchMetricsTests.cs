using System.Text;
using ConfigReloader.Targets;
using ConfigReloader.Watching;
using Prometheus;

namespace ConfigReloader.Tests.Watching;

public sealed class WatchMetricsTests
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly WatchMetrics _metrics;

    public WatchMetricsTests() => _metrics = new WatchMetrics(Metrics.WithCustomRegistry(_registry), _registry, new ActiveWatches());

    [Fact]
    public async Task Every_counter_of_a_watch_is_0_on_the_first_scrape()
    {
        _metrics.CreateInstruments("app");

        var page = await ScrapeAsync();

        string[] expected =
        [
            "config_reloader_changes_total{seen_by=\"event\",watch=\"app\"} 0",
            "config_reloader_changes_total{seen_by=\"poll\",watch=\"app\"} 0",
            "config_reloader_deliveries_total{outcome=\"delivered\",watch=\"app\"} 0",
            "config_reloader_deliveries_total{outcome=\"unconfirmed\",watch=\"app\"} 0",
            "config_reloader_deliveries_total{outcome=\"refused\",watch=\"app\"} 0",
            "config_reloader_deliveries_total{outcome=\"failed\",watch=\"app\"} 0",
            "config_reloader_renders_total{outcome=\"written\",watch=\"app\"} 0",
            "config_reloader_renders_total{outcome=\"unchanged\",watch=\"app\"} 0",
            "config_reloader_renders_total{outcome=\"refused\",watch=\"app\"} 0",
            "config_reloader_renders_total{outcome=\"failed\",watch=\"app\"} 0",
            "config_reloader_read_errors_total{watch=\"app\"} 0",
            "config_reloader_delivery_duration_seconds_count{watch=\"app\"} 0",
        ];
        Assert.All(expected, line => Assert.Contains(line, page));
    }

    [Fact]
    public async Task Attempt_is_counted_by_outcome_and_its_duration_is_observed()
    {
        var instruments = _metrics.CreateInstruments("app");

        instruments.RecordAttempt(DeliveryOutcome.Refused, TimeSpan.FromMilliseconds(20));

        var page = await ScrapeAsync();
        Assert.Contains("config_reloader_deliveries_total{outcome=\"refused\",watch=\"app\"} 1", page);
        Assert.Contains("config_reloader_delivery_duration_seconds_sum{watch=\"app\"} 0.02", page);
        Assert.Contains("config_reloader_delivery_duration_seconds_bucket{watch=\"app\",le=\"0.01\"} 0", page);
        Assert.Contains("config_reloader_delivery_duration_seconds_bucket{watch=\"app\",le=\"0.025\"} 1", page);
    }

    private async Task<string[]> ScrapeAsync()
    {
        using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray()).Split('\n');
    }
}
