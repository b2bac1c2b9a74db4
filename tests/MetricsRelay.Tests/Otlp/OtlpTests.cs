using System.Text;

namespace MetricsRelay.Tests.Otlp;

/// <summary>What a collector gets from a relay that is a process of its own.</summary>
public sealed class OtlpTests
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
    public async Task Every_type_becomes_the_one_that_OTLP_has_for_it()
    {
        await using var target = await FakeTarget.StartAsync(Body, "application/openmetrics-text; version=1.0.0");
        await using var collector = await FakeCollector.StartAsync();
        await using var relay = await StartAsync(target, collector, "--Otlp:Resource:service.name=agent", "--Otlp:Headers:X-Scope-OrgID=one");

        // Without a time of its own a histogram counts from when it was seen first: in its second point that is before it.
        await Eventually.IsTrueAsync(() => collector.Points.Any(p => p.Metric == "latency_seconds" && !p.IsEnd && p.Start < p.Time));

        Assert.Equal("/v1/metrics", collector.Path);
        Assert.Equal("application/x-protobuf", collector.Headers!.ContentType);
        Assert.Equal("gzip", collector.Headers.ContentEncoding);
        Assert.Equal("one", collector.Headers["X-Scope-OrgID"]);
        Assert.Equal("agent", collector.Resources["service.name"]);
        Assert.Equal(target.Name, collector.Resources["service.instance.id"]);
        Assert.Equal("sum monotonic Requests that were answered.; 3; exemplar 0.5 0af7651916cd43dd8448eb211c80319c", First("requests_total", "path=/a").Data);
        Assert.Equal(1_700_000_000_500, First("requests_total", "path=/a").Start);
        Assert.Equal("histogram s; sum 1.25; count 7; buckets 4,2,1; bounds 0.1,0.5", First("latency_seconds", "path=/a").Data);
        Assert.Equal("summary; q0.5=10; q0.9=20; count 3; sum 35", First("size").Data);
        Assert.Equal("gauge; -3.5", First("temperature", "city=Zürich").Data);
        Assert.Equal("sum; 1", First("build_info", "version=1").Data);
        Assert.Equal("gauge; 2", First("sizes_bucket", "le=+Inf").Data);
        Assert.Equal("gauge; 5", First("sizes_gsum").Data);
        await Eventually.IsTrueAsync(() => collector.Points.Any(p => p.Metric == "up" && p.Data.EndsWith('1')));
        Assert.Equal("gauge Whether the last scrape of the target succeeded.; 1", collector.Points.First(p => p.Metric == "up" && p.Data.EndsWith('1')).Data);
        Assert.All(collector.Points, p => Assert.True(p.Start <= p.Time, p.ToString()));

        Assert.Equal(0, await relay.TerminateAsync());
        foreach (var series in collector.Points.GroupBy(p => (p.Metric, p.Attributes)))
        {
            Assert.True(series.Last().IsEnd, series.Key.ToString());
            Assert.Equal(series.Select(p => p.Time).Order(), series.Select(p => p.Time));
        }

        FakeCollector.Point First(string metric, string attributes = "") => collector.Points.First(p => p.Metric == metric && p.Attributes == attributes);
    }

    [Fact]
    public async Task A_histogram_whose_buckets_fall_is_sent_series_by_series()
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

        await Eventually.IsTrueAsync(() => collector.Last("huge") is not null && collector.Last("h_bucket", "le=2") is not null);

        Assert.Equal("gauge; 4", collector.Points.First(p => p is { Metric: "h_bucket", Attributes: "le=2" }).Data);
        Assert.DoesNotContain(collector.Points, p => p.Metric == "h");
        // Read as signed here: all bits set, and all but one.
        Assert.Equal("histogram; sum 3; count -1; buckets 1,-2; bounds 1", collector.Points.First(p => p.Metric == "huge").Data);
    }

    [Fact]
    public async Task A_counter_that_begins_anew_says_since_when_and_one_that_goes_away_ends()
    {
        var body = "# TYPE n counter\nn_total 5\n# EOF\n";
        await using var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes(Volatile.Read(ref body)), "application/openmetrics-text"));
        await using var collector = await FakeCollector.StartAsync();
        await using var relay = await StartAsync(target, collector);
        await Eventually.IsTrueAsync(() => collector.Last("n_total") is { Data: "sum monotonic; 5" });
        var before = collector.Last("n_total")!;

        Volatile.Write(ref body, "# TYPE n counter\nn_total 1\n# EOF\n");
        await Eventually.IsTrueAsync(() => collector.Last("n_total") is { Data: "sum monotonic; 1" });
        Assert.True(collector.Last("n_total")!.Start >= before.Time, $"{collector.Last("n_total")} after {before}");

        Volatile.Write(ref body, "# EOF\n");
        await Eventually.IsTrueAsync(() => collector.Last("n_total") is { IsEnd: true });
    }

    [Fact]
    public async Task Only_what_is_worth_it_is_sent_again_and_what_a_collector_rejects_of_a_message_is_told()
    {
        await using var target = await FakeTarget.StartAsync("n 1\n");
        await using var collector = await FakeCollector.StartAsync();
        var statuses = new Queue<int>([429, 502, 503, 504, 500, 400]);
        collector.Trouble = context =>
        {
            context.Response.StatusCode = statuses.TryDequeue(out var status) ? status : 200;
            return Task.FromResult(context.Response.StatusCode != 200);
        };
        // ExportMetricsServiceResponse { partial_success { rejected_data_points: 2, error_message: "too old" } }
        collector.Answer = [0x0A, 11, 0x08, 2, 0x12, 7, .. "too old"u8];
        await using var relay = await StartAsync(target, collector);

        var own = await relay.GetsAsync("/-/metrics", "metrics_relay_otlp_requests_total{outcome=\"partial\"}");

        Assert.Contains("metrics_relay_otlp_requests_total{outcome=\"retried\"} 4\n", own, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_otlp_requests_total{outcome=\"refused\"} 2\n", own, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_otlp_lag_seconds", own, StringComparison.Ordinal);
        await relay.GetsAsync("/statusz", "took all but 2 of");
    }

    private static Task<RelayProcess> StartAsync(FakeTarget target, FakeCollector collector, params string[] more) => RelayProcess.StartAsync(
        [$"--Scrape:Targets={target.Url}", "--Scrape:Interval=200ms", $"--Otlp:Endpoint={collector.Url}", .. more]);
}
