using System.Text;
using Agent.Inference;
using Prometheus;

namespace Agent.Tests.Inference;

public sealed class InferenceMetricsTests
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly InferenceMetrics _metrics;

    public InferenceMetricsTests() => _metrics = new InferenceMetrics(Metrics.WithCustomRegistry(_registry));

    [Fact]
    public async Task Every_series_is_exposed_with_zero_before_the_first_request()
    {
        var page = await ExportAsync();

        Assert.Contains("# TYPE inference_requests_total counter", page);
        Assert.Contains("inference_requests_total{status=\"success\"} 0", page);
        Assert.Contains("inference_requests_total{status=\"error\"} 0", page);
        Assert.Contains("# TYPE inference_in_flight gauge", page);
        Assert.Contains("inference_in_flight 0", page);
        Assert.Contains("# TYPE inference_latency_seconds histogram", page);
        Assert.Contains("inference_latency_seconds_count 0", page);
        Assert.Equal(
            ["0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "+Inf"],
            page.Where(line => line.StartsWith("inference_latency_seconds_bucket{", StringComparison.Ordinal))
                .Select(line => line.Split('"')[1]));
    }

    [Fact]
    public async Task Completions_are_counted_by_outcome_and_measured_in_seconds()
    {
        _metrics.IncrementInFlight();
        _metrics.IncrementInFlight();
        _metrics.DecrementInFlight();
        _metrics.RecordCompletion(success: true, TimeSpan.FromMilliseconds(2));
        _metrics.RecordCompletion(success: false, TimeSpan.FromMilliseconds(250));

        var page = await ExportAsync();

        Assert.Contains("inference_requests_total{status=\"success\"} 1", page);
        Assert.Contains("inference_requests_total{status=\"error\"} 1", page);
        Assert.Contains("inference_in_flight 1", page);
        Assert.Contains("inference_latency_seconds_bucket{le=\"0.0025\"} 1", page);
        Assert.Contains("inference_latency_seconds_bucket{le=\"0.25\"} 2", page);
        Assert.Contains("inference_latency_seconds_sum 0.252", page);
    }

    private async Task<string[]> ExportAsync()
    {
        using var page = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(page);
        return Encoding.UTF8.GetString(page.ToArray()).Split('\n');
    }
}
