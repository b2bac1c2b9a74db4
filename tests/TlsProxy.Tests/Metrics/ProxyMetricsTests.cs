using System.Text;
using TlsProxy.Metrics;

namespace TlsProxy.Tests.Metrics;

public sealed class ProxyMetricsTests
{
    private readonly Prometheus.CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly ProxyMetrics _metrics;

    public ProxyMetricsTests() => _metrics = new ProxyMetrics(Prometheus.Metrics.WithCustomRegistry(_registry));

    [Fact]
    public async Task Counters_with_known_labels_start_at_zero()
    {
        var lines = await ExportAsync();

        Assert.Contains("tls_proxy_certificate_reloads_total{outcome=\"rejected\"} 0", lines);
        Assert.Contains("tls_proxy_handshakes_total{outcome=\"failed\",version=\"none\"} 0", lines);
        Assert.Contains("tls_proxy_requests_refused_total{reason=\"rate_limited\"} 0", lines);
        Assert.Contains("tls_proxy_retries_total{reason=\"over_budget\"} 0", lines);
        Assert.Contains("tls_proxy_upstream_errors_total{reason=\"upstream_timeout\"} 0", lines);
        Assert.Contains("tls_proxy_request_duration_seconds_count 0", lines);
        Assert.Contains("tls_proxy_connections 0", lines);
    }

    [Fact]
    public async Task Requests_are_counted_by_status_code_and_known_method()
    {
        _metrics.RecordRequest(200, "GET", TimeSpan.FromMilliseconds(3));
        _metrics.RecordRequest(200, "GET", TimeSpan.FromMilliseconds(3));
        _metrics.RecordRequest(499, "BREW", TimeSpan.Zero);
        _metrics.RecordRequest(99, "GET", TimeSpan.Zero);

        var lines = await ExportAsync();

        Assert.Contains("tls_proxy_requests_total{code=\"200\",method=\"GET\"} 2", lines);
        Assert.Contains("tls_proxy_requests_total{code=\"499\",method=\"other\"} 1", lines);
        Assert.Contains("tls_proxy_requests_total{code=\"99\",method=\"GET\"} 1", lines);
        Assert.Contains("tls_proxy_request_duration_seconds_bucket{le=\"0.0025\"} 2", lines);
        Assert.Contains("tls_proxy_request_duration_seconds_bucket{le=\"0.005\"} 4", lines);
    }

    [Fact]
    public async Task Expiry_of_a_name_that_is_no_longer_served_disappears()
    {
        _metrics.PublishCertificateExpiry(new Dictionary<string, long> { ["a.example"] = 1, ["b.example"] = 2 });
        _metrics.PublishCertificateExpiry(new Dictionary<string, long> { ["b.example"] = 3 });

        var lines = await ExportAsync();

        Assert.DoesNotContain(lines, l => l.Contains("a.example", StringComparison.Ordinal));
        Assert.Contains("tls_proxy_certificate_expiry_timestamp_seconds{server_name=\"b.example\"} 3", lines);
    }

    private async Task<string[]> ExportAsync()
    {
        using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray()).Split('\n');
    }
}
