using System.Text;

namespace MetricsRelay.Tests.Peers;

/// <summary>A real Prometheus scrapes the relay and receives its remote write.</summary>
public sealed class PrometheusTests
{
    private const string Body = """
        # TYPE inference_requests counter
        # HELP inference_requests Requests.
        inference_requests_total{status="success"} 1027 # {trace_id="abc"} 1
        inference_requests_total{status="error"} 3
        # TYPE inference_latency_seconds histogram
        # UNIT inference_latency_seconds seconds
        inference_latency_seconds_bucket{le="0.01"} 100 # {trace_id="def"} 0.005
        inference_latency_seconds_bucket{le="0.1"} 900
        inference_latency_seconds_bucket{le="+Inf"} 1030
        inference_latency_seconds_count 1030
        inference_latency_seconds_sum 52.5
        # TYPE temperature gauge
        temperature{city="Zürich \"Altstadt\""} -3.25
        # TYPE what unknown
        what NaN
        # EOF

        """;

    private static readonly Dictionary<string, string> Expected = new()
    {
        ["__name__=inference_requests_total,status=success"] = "1027",
        ["__name__=inference_requests_total,status=error"] = "3",
        ["__name__=inference_latency_seconds_bucket,le=0.01"] = "100",
        ["__name__=inference_latency_seconds_bucket,le=0.1"] = "900",
        ["__name__=inference_latency_seconds_bucket,le=+Inf"] = "1030",
        ["__name__=inference_latency_seconds_count"] = "1030",
        ["__name__=inference_latency_seconds_sum"] = "52.5",
        ["__name__=temperature,city=Zürich \"Altstadt\""] = "-3.25",
        ["__name__=what"] = "NaN",
    };

    [RequiresFact("prometheus")]
    public async Task Prometheus_scrapes_metrics_and_federate_until_the_target_stops()
    {
        using var directory = new TemporaryDirectory();
        var target = await FakeTarget.StartAsync(Body, "application/openmetrics-text; version=1.0.0");
        await using var relay = await RelayProcess.StartAsync($"--Scrape:Targets={target.Url}");
        await using var prometheus = await PrometheusProcess.StartAsync(directory.Path, FreePort.FindUnused(), $$"""
            scrape_configs:
              - job_name: relay
                honor_labels: true
                static_configs: [{ targets: ["127.0.0.1:{{relay.Port}}"] }]
              - job_name: federate
                honor_labels: true
                metrics_path: /federate
                params: { "match[]": ['{__name__!=""}'] }
                static_configs: [{ targets: ["127.0.0.1:{{relay.Port}}"] }]

            """, interval: "5s");

        foreach (var job in (string[])["relay", "federate"])
        {
            await AssertValuesAsync(prometheus, $$"""{job="{{job}}",__name__=~"inference_.*|temperature|what"}""", job);
        }

        Assert.Equal(["1"], (await prometheus.QueryAsync("""up{job="relay"} == 1""")).Values);
        Assert.Equal("0.056", (await prometheus.QueryAsync("""round(histogram_quantile(0.49, inference_latency_seconds_bucket{job="relay"}), 0.001)""")).Values.Single()[..5]);
        var exemplars = await prometheus.Client.GetStringAsync(new Uri("/api/v1/query_exemplars?query=inference_requests_total&start=0&end=9999999999", UriKind.Relative));
        Assert.Contains("\"trace_id\":\"abc\"", exemplars, StringComparison.Ordinal);

        await target.DisposeAsync();
        var gone = DateTimeOffset.UtcNow;

        // The query is evaluated two intervals later, however late it is sent.
        var twoIntervals = gone.AddSeconds(10);
        await Eventually.AssertAsync(() => DateTimeOffset.UtcNow > twoIntervals.AddSeconds(1), "two intervals");
        Assert.NotEmpty(await prometheus.QueryAsync("inference_requests_total", gone));
        Assert.Empty(await prometheus.QueryAsync("""{__name__=~"inference_.*|temperature|what"}""", twoIntervals));
        Assert.Equal(["0"], (await prometheus.QueryAsync("""up{job="relay"} == 0""", twoIntervals)).Values);
    }

    [RequiresFact("prometheus")]
    public async Task Prometheus_that_was_stopped_receives_all_samples_by_remote_write()
    {
        using var directory = new TemporaryDirectory();
        using var queue = new TemporaryDirectory();
        var port = FreePort.FindUnused();
        var scrapes = 0;
        var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes($"# TYPE n counter\nn_total {Interlocked.Increment(ref scrapes)}\n{Body}"), "application/openmetrics-text"));
        var prometheus = await PrometheusProcess.StartAsync(directory.Path, port);
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=500ms",
            $"--RemoteWrite:Url=http://127.0.0.1:{port}/api/v1/write", "--RemoteWrite:Version=2.0", $"--Queue:Directory={queue.Path}");
        await AssertValuesAsync(prometheus, """{__name__=~"inference_.*|temperature|what"}""", job: null);
        Assert.Equal(["1"], (await prometheus.QueryAsync("up")).Values);

        await prometheus.StopAsync();
        await prometheus.DisposeAsync();
        var during = Volatile.Read(ref scrapes);
        await Eventually.AssertAsync(() => Volatile.Read(ref scrapes) > during + 6, "scrapes while Prometheus is stopped");
        Assert.NotEmpty(Directory.GetFiles(queue.Path));
        prometheus = await PrometheusProcess.StartAsync(directory.Path, port);
        var until = Volatile.Read(ref scrapes) + 2;
        await Eventually.AssertAsync(
            async () => (await prometheus.SamplesAsync("n_total")).Any(s => s.Value >= until), () => "the samples of the time without Prometheus");

        var values = (await prometheus.SamplesAsync("n_total")).Select(s => (int)s.Value).ToList();
        Assert.Equal(values.Order(), values);
        // Only scrapes that timed out on a busy machine may be missing; they are up 0.
        var failed = (await prometheus.SamplesAsync("up")).Count(s => s.Value == 0);
        Assert.InRange(Enumerable.Range(1, values[^1]).Except(values).Count(), 0, failed);

        await target.DisposeAsync();
        await Eventually.AssertAsync(
            async () => (await prometheus.QueryAsync("n_total")).Count == 0 && (await prometheus.QueryAsync("up")).Values.SequenceEqual(["0"]),
            () => "the series of a target that is gone to go stale");
        await prometheus.DisposeAsync();
    }

    private static Task AssertValuesAsync(PrometheusProcess prometheus, string query, string? job)
    {
        var got = new Dictionary<string, string>();
        return Eventually.AssertAsync(
            async () =>
            {
                var values = await prometheus.QueryAsync(query);
                got = values.ToDictionary(v => string.Join(',', v.Key.Split(',').Where(l => job is null || (!l.StartsWith("job=", StringComparison.Ordinal) && !l.StartsWith("instance=", StringComparison.Ordinal)))), v => v.Value);
                return got.Count == Expected.Count && Expected.All(e => got.TryGetValue(e.Key, out var value) && value == e.Value);
            },
            () => string.Join('\n', got.Select(g => $"{g.Key} {g.Value}")));
    }
}
