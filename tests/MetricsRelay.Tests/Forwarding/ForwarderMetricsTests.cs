using System.Text;
using MetricsRelay.Forwarding;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace MetricsRelay.Tests.Forwarding;

public sealed class ForwarderMetricsTests
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();

    [Theory]
    [InlineData("remote_write", "metrics_relay_queue_bytes", false)]
    [InlineData("otlp", "metrics_relay_otlp_queue_bytes", true)]
    public async Task Every_known_series_is_0_and_gauges_show_the_queue(string kind, string queueMetric, bool hasPartial)
    {
        var problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        var context = new ForwarderContext(TimeProvider.System, problems, Metrics.WithCustomRegistry(_registry), _registry);
        var metrics = new ForwarderMetrics(kind, queueMetric, context, () => (42, 1.5));
        metrics.RecordFinishedBatch(3, 0);

        using var output = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(output);
        var page = Encoding.UTF8.GetString(output.ToArray());

        foreach (var outcome in (string[])["accepted", "retried", "refused", "timeout", "connection", "lost", "internal"])
        {
            Assert.Contains($"metrics_relay_{kind}_requests_total{{outcome=\"{outcome}\"}} 0\n", page, StringComparison.Ordinal);
        }

        Assert.Equal(hasPartial, page.Contains("outcome=\"partial\"", StringComparison.Ordinal));
        Assert.Contains($"metrics_relay_{kind}_samples_total{{outcome=\"sent\"}} 3\n", page, StringComparison.Ordinal);
        Assert.Contains($"metrics_relay_{kind}_samples_total{{outcome=\"refused\"}} 0\n", page, StringComparison.Ordinal);
        Assert.Contains($"metrics_relay_{kind}_samples_total{{outcome=\"queue_full\"}} 0\n", page, StringComparison.Ordinal);
        Assert.Contains($"{queueMetric} 42\n", page, StringComparison.Ordinal);
        Assert.Contains($"metrics_relay_{kind}_lag_seconds 1.5\n", page, StringComparison.Ordinal);
    }
}
