using System.Text;
using Google.Protobuf;
using MetricsRelay.Tests.Protos.Otlp;

namespace MetricsRelay.Tests.Forwarding.Otlp;

/// <summary>The points that a collector gets from a relay process.</summary>
public sealed class OtlpForwarderTests
{
    private const string Body = """
        # TYPE requests counter
        # HELP requests Requests that were answered.
        requests_total{path="/a"} 3 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.5
        requests_created{path="/a"} 1700000000.5
        # TYPE latency_seconds histogram
        # UNIT latency_seconds seconds
        latency_seconds_bucket{path="/a",le="0.1"} 4
        latency_seconds_bucket{path="/a",le="0.5"} 6
        latency_seconds_bucket{path="/a",le="+Inf"} 7
        latency_seconds_count{path="/a"} 7
        latency_seconds_sum{path="/a"} 1.25
        # TYPE size summary
        size{quantile="0.5"} 10
        size{quantile="0.9"} 20
        size_count 3
        size_sum 35
        # TYPE temperature gauge
        temperature{city="Zürich"} -3.5
        # TYPE build info
        build_info{version="1"} 1
        # TYPE sizes gaugehistogram
        sizes_bucket{le="+Inf"} 2
        sizes_gcount 2
        sizes_gsum 5
        # EOF

        """;

    [Fact]
    public async Task Every_metric_type_is_mapped_to_its_OTLP_type()
    {
        await using var target = await FakeTarget.StartAsync(Body, "application/openmetrics-text; version=1.0.0");
        await using var collector = await FakeCollector.StartAsync();
        await using var relay = await StartAsync(target, collector, "--Otlp:Resource:service.name=agent", "--Otlp:Headers:X-Scope-OrgID=one");

        // Without a creation time, a histogram starts at its first scrape, so the start of its second point is earlier than the point.
        await Eventually.AssertAsync(() => collector.Points.Any(p => p.Metric == "latency_seconds" && !p.IsEnd && p.Start < p.Time));

        Assert.Equal("/v1/metrics", collector.Path);
        Assert.Equal("application/x-protobuf", collector.Headers!.ContentType);
        Assert.Equal("gzip", collector.Headers.ContentEncoding);
        Assert.Equal("one", collector.Headers["X-Scope-OrgID"]);
        Assert.Equal("agent", collector.Resources["service.name"]);
        Assert.Equal(target.Name, collector.Resources["service.instance.id"]);
        Assert.Equal("sum monotonic Requests that were answered.; 3; exemplar 0.5 0af7651916cd43dd8448eb211c80319c", collector.FindFirst("requests_total", "path=/a").Data);
        Assert.Equal(1_700_000_000_500, collector.FindFirst("requests_total", "path=/a").Start);
        Assert.Equal("histogram s; count 7; sum 1.25; buckets 4,2,1; bounds 0.1,0.5", collector.FindFirst("latency_seconds", "path=/a").Data);
        Assert.Equal("summary; q0.5=10; q0.9=20; count 3; sum 35", collector.FindFirst("size").Data);
        Assert.Equal("gauge; -3.5", collector.FindFirst("temperature", "city=Zürich").Data);
        Assert.Equal("sum; 1", collector.FindFirst("build_info", "version=1").Data);
        Assert.Equal("gauge; 2", collector.FindFirst("sizes_bucket", "le=+Inf").Data);
        Assert.Equal("gauge; 5", collector.FindFirst("sizes_gsum").Data);
        await Eventually.AssertAsync(() => collector.Points.Any(p => p.Metric == "up" && p.Data.EndsWith('1')));
        Assert.Equal("gauge Whether the last scrape of the target succeeded.; 1", collector.Points.First(p => p.Metric == "up" && p.Data.EndsWith('1')).Data);
        Assert.All(collector.Points, p => Assert.True(p.Start <= p.Time, p.ToString()));

        Assert.Equal(0, await relay.TerminateAsync());
        foreach (var series in collector.Points.GroupBy(p => (p.Metric, p.Attributes)))
        {
            Assert.True(series.Last().IsEnd, series.Key.ToString());
            Assert.Equal(series.Select(p => p.Time).Order(), series.Select(p => p.Time));
        }
    }

    [Fact]
    public async Task Histogram_with_falling_buckets_is_sent_series_by_series()
    {
        await using var target = await FakeTarget.StartAsync("""
            # TYPE h histogram
            h_bucket{le="1"} 5
            h_bucket{le="2"} 4
            h_bucket{le="+Inf"} 6
            h_sum 3
            h_count 6
            # TYPE huge histogram
            huge_bucket{le="1"} 1
            huge_bucket{le="+Inf"} 1e30
            huge_sum 3
            huge_count 1e30

            """);
        await using var collector = await FakeCollector.StartAsync();
        await using var relay = await StartAsync(target, collector);

        await Eventually.AssertAsync(() => collector.FindLast("huge") is not null && collector.FindLast("h_bucket", "le=2") is not null);

        Assert.Equal("gauge; 4", collector.Points.First(p => p is { Metric: "h_bucket", Attributes: "le=2" }).Data);
        Assert.DoesNotContain(collector.Points, p => p.Metric == "h");
        // The largest count that the protocol can express.
        Assert.Equal("histogram; count 18446744073709551615; sum 3; buckets 1,18446744073709551614; bounds 1", collector.Points.First(p => p.Metric == "huge").Data);
    }

    [Fact]
    public async Task Counter_reset_changes_the_start_time_and_a_missing_counter_ends()
    {
        var body = "# TYPE n counter\nn_total 5\n# EOF\n";
        await using var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes(Volatile.Read(ref body)), "application/openmetrics-text"));
        await using var collector = await FakeCollector.StartAsync();
        await using var relay = await StartAsync(target, collector);
        await Eventually.AssertAsync(() => collector.FindLast("n_total") is { Data: "sum monotonic; 5" });
        var before = collector.FindLast("n_total")!;

        Volatile.Write(ref body, "# TYPE n counter\nn_total 1\n# EOF\n");
        await Eventually.AssertAsync(() => collector.FindLast("n_total") is { Data: "sum monotonic; 1" });
        Assert.True(collector.FindLast("n_total")!.Start >= before.Time, $"{collector.FindLast("n_total")} after {before}");

        Volatile.Write(ref body, "# EOF\n");
        await Eventually.AssertAsync(() => collector.FindLast("n_total") is { IsEnd: true });
    }

    [Fact]
    public async Task Only_retryable_statuses_are_retried_and_partly_rejected_messages_are_reported()
    {
        await using var target = await FakeTarget.StartAsync("n 1\n");
        await using var collector = await FakeCollector.StartAsync();
        var statuses = new Queue<int>([429, 502, 503, 504, 500, 400]);
        collector.Fault = context =>
        {
            context.Response.StatusCode = statuses.TryDequeue(out var status) ? status : 200;
            return Task.FromResult(context.Response.StatusCode != 200);
        };
        collector.Response = new ExportMetricsServiceResponse
        {
            PartialSuccess = new ExportMetricsPartialSuccess { RejectedDataPoints = 2, ErrorMessage = "too old" },
        }.ToByteArray();
        await using var relay = await StartAsync(target, collector);

        var own = await relay.WaitForValueAsync("metrics_relay_otlp_requests_total{outcome=\"partial\"}", 1);

        Assert.Contains("metrics_relay_otlp_requests_total{outcome=\"retried\"} 4\n", own, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_otlp_requests_total{outcome=\"refused\"} 2\n", own, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_otlp_lag_seconds", own, StringComparison.Ordinal);
        await relay.WaitForTextAsync("/statusz", "accepted all but 2 of");
    }

    private static Task<RelayProcess> StartAsync(FakeTarget target, FakeCollector collector, params string[] more) => RelayProcess.StartAsync(
        [$"--Scrape:Targets={target.Url}", "--Scrape:Interval=200ms", $"--Otlp:Endpoint={collector.Url}", .. more]);
}
