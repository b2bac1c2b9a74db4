using System.Diagnostics.Metrics;
using System.Text;
using Hosting.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;

namespace Hosting.Tests.Metrics;

public sealed class MeterListenerAdapterTests : IDisposable
{
    private readonly ServiceProvider _services = CreateServices();
    private readonly Meter _meter;

    public MeterListenerAdapterTests()
    {
        _ = _services.GetRequiredService<MeterListenerAdapter>();
        _meter = _services.GetRequiredService<IMeterFactory>().Create("test");
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Counter_is_exposed_with_its_total_in_both_formats()
    {
        _meter.CreateCounter<long>("inference_requests_total", description: "Requests.").Add(3, CreateTag("status", "success"));

        Assert.Equal(
            """
            # HELP inference_requests_total Requests.
            # TYPE inference_requests_total counter
            inference_requests_total{status="success"} 3

            """,
            await ReadFamilyAsync("inference_requests"));
        Assert.Equal(
            """
            # HELP inference_requests Requests.
            # TYPE inference_requests counter
            inference_requests_total{status="success"} 3.0

            """,
            await ReadFamilyAsync("inference_requests", ExpositionFormat.OpenMetricsText));
    }

    [Fact]
    public async Task Histogram_uses_the_advised_buckets_and_ends_with_infinity()
    {
        var histogram = _meter.CreateHistogram(
            "latency", "s", "Latency.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in (double[])[0.05, 0.1, 0.5, 7])
        {
            histogram.Record(value);
        }

        var text = await ReadFamilyAsync("latency");
        Assert.Contains("# TYPE latency_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains("latency_seconds_bucket{le=\"0.1\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("latency_seconds_bucket{le=\"1\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("latency_seconds_bucket{le=\"+Inf\"} 4\n", text, StringComparison.Ordinal);
        Assert.Contains("latency_seconds_sum 7.65\n", text, StringComparison.Ordinal);
        Assert.Contains("latency_seconds_count 4\n", text, StringComparison.Ordinal);
        var openMetrics = await ReadFamilyAsync("latency", ExpositionFormat.OpenMetricsText);
        Assert.Contains("latency_seconds_bucket{le=\"1.0\"} 3\n", openMetrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s", "0.005,0.01,0.025,0.05,0.075,0.1,0.25,0.5,0.75,1,2.5,5,7.5,10,+Inf")]
    [InlineData("By", "0,5,10,25,50,75,100,250,500,750,1000,2500,5000,7500,10000,+Inf")]
    public async Task Histogram_without_advice_uses_the_default_buckets_of_its_unit(string unit, string expected)
    {
        _meter.CreateHistogram<int>("size", unit).Record(1);

        var shapes = MetricShapes.ReadFrom(await ReadPageAsync());
        var shape = Assert.Single(shapes, shape => shape.StartsWith("histogram size_", StringComparison.Ordinal));
        Assert.EndsWith($"{{}} le={expected}", shape, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_numeric_type_is_converted_to_the_same_value()
    {
        _meter.CreateCounter<byte>("byte").Add(7);
        _meter.CreateCounter<short>("short").Add(7);
        _meter.CreateCounter<int>("int").Add(7);
        _meter.CreateCounter<long>("long").Add(7);
        _meter.CreateCounter<float>("float").Add(7);
        _meter.CreateCounter<double>("double").Add(7);
        _meter.CreateCounter<decimal>("decimal").Add(7);

        var page = await ReadPageAsync();
        Assert.All(
            (string[])["byte", "short", "int", "long", "float", "double", "decimal"],
            name => Assert.Contains($"\n{name}_total 7\n", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Observed_counter_shows_the_observed_total_and_gauges_the_last_value()
    {
        var observed = 5L;
        _meter.CreateObservableCounter("observed", () => observed);
        _meter.CreateObservableUpDownCounter("level", () => observed);
        _meter.CreateObservableGauge("height", () => observed);
        var upDown = _meter.CreateUpDownCounter<int>("balance");
        upDown.Add(5);
        upDown.Add(-2);
        var gauge = _meter.CreateGauge<double>("temperature");
        gauge.Record(20.5);
        gauge.Record(19.5);

        await ReadPageAsync();
        observed = 8;
        var page = await ReadPageAsync();

        Assert.Contains("# TYPE observed_total counter\nobserved_total 8\n", page, StringComparison.Ordinal);
        Assert.Contains("# TYPE level gauge\nlevel 8\n", page, StringComparison.Ordinal);
        Assert.Contains("# TYPE height gauge\nheight 8\n", page, StringComparison.Ordinal);
        Assert.Contains("# TYPE balance gauge\nbalance 3\n", page, StringComparison.Ordinal);
        Assert.Contains("# TYPE temperature gauge\ntemperature 19.5\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thread_pool_figures_are_gauges_although_declared_as_counters()
    {
        var page = await ReadPageAsync();

        Assert.Contains("# TYPE dotnet_thread_pool_thread_count gauge\n", page, StringComparison.Ordinal);
        Assert.Contains("# TYPE dotnet_thread_pool_queue_length gauge\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Negative_increment_of_a_counter_is_ignored()
    {
        var counter = _meter.CreateCounter<int>("falling");
        counter.Add(2);
        counter.Add(-1);

        Assert.Contains("falling_total 2\n", await ReadPageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tags_become_sorted_labels_and_empty_tags_are_left_out()
    {
        var counter = _meter.CreateCounter<int>("routed");
        var (scheme, route) = (CreateTag("url.scheme", "http"), CreateTag("http.route", "/a"));
        counter.Add(1, scheme, route, CreateTag("error.type", null), CreateTag("fallback", false));
        counter.Add(1, CreateTag("url.scheme", "http"), CreateTag("http.route", ""));
        counter.Add(1, CreateTag("http.route", ""), CreateTag("url.scheme", "http"));

        var text = await ReadFamilyAsync("routed");
        Assert.Contains("routed_total{fallback=\"false\",http_route=\"/a\",url_scheme=\"http\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("routed_total{url_scheme=\"http\"} 2\n", text, StringComparison.Ordinal);
        Assert.Equal(1, text.Split("# TYPE").Length - 1);
    }

    [Fact]
    public async Task Tags_that_become_the_same_label_are_joined()
    {
        _meter.CreateCounter<int>("joined").Add(1, CreateTag("a.b", "x"), CreateTag("a-b", 2), CreateTag("le", "y"), CreateTag("__z", "z"));

        Assert.Contains("joined_total{_z=\"z\",a_b=\"x;2\",le_=\"y\"} 1\n", await ReadPageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Label_values_and_help_are_escaped()
    {
        _meter.CreateCounter<long>("odd", description: "a\\b\nc \"quoted\"").Add(1, CreateTag("path", "a\\b\n\"c\""));

        var text = await ReadFamilyAsync("odd");
        Assert.Contains("# HELP odd_total a\\\\b\\nc 'quoted'\n", text, StringComparison.Ordinal);
        Assert.Contains("odd_total{path=\"a\\\\b\\n\\\"c\\\"\"} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instrument_without_description_gets_a_help_text()
    {
        _meter.CreateCounter<long>("bare.counter").Add(1);

        Assert.Contains("# HELP bare_counter_total bare.counter of test.\n", await ReadPageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exception_thrown_inside_the_registry_is_counted_like_any_other()
    {
        var metrics = _services.GetRequiredService<IMetricFactory>();
        metrics.CreateCounter("native_total", "Native.");
        Assert.Throws<InvalidOperationException>(() => metrics.CreateGauge("native_total", "Native."));

        var page = await ReadPageAsync();
        Assert.Contains("dotnet_exceptions_total{error_type=\"InvalidOperationException\"} ", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_used_with_two_types_stays_one_family()
    {
        _meter.CreateCounter<long>("clash_total").Add(1);
        _meter.CreateUpDownCounter<long>("clash_total").Add(5);

        Assert.Equal(1, (await ReadPageAsync()).Split("# TYPE clash_total ").Length - 1);
    }

    [Fact]
    public async Task Series_beyond_the_limit_are_dropped_and_counted()
    {
        var counter = _meter.CreateCounter<int>("visits");
        for (var i = 0; i < MeterListenerAdapter.MaxSeriesPerMetric + 5; i++)
        {
            counter.Add(1, CreateTag("client", i));
        }

        // A known series still counts after the limit was reached.
        counter.Add(1, CreateTag("client", 0));

        var page = await ReadPageAsync();
        Assert.Equal(MeterListenerAdapter.MaxSeriesPerMetric, page.Split("\nvisits_total{").Length - 1);
        Assert.Contains("visits_total{client=\"0\"} 2\n", page, StringComparison.Ordinal);
        Assert.Contains("specimen_metric_measurements_dropped_total 5\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failing_observation_does_not_fail_the_scrape()
    {
        _meter.CreateObservableGauge("broken", int () => throw new InvalidOperationException("broken on purpose"));
        _meter.CreateObservableGauge("intact", () => 1);

        Assert.Contains("\nintact 1\n", await ReadPageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Meters_of_another_application_in_this_process_are_left_out()
    {
        using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Create("test").CreateCounter<long>("foreign_total").Add(1);

        Assert.DoesNotContain("foreign_total", await ReadPageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Meters_of_libraries_are_left_out()
    {
        using var library = new Meter("Library");
        library.CreateCounter<int>("library_calls").Add(1);

        Assert.DoesNotContain("library_calls", await ReadPageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_pool_instruments_of_Kestrel_stay_disabled()
    {
        using var pool = _services.GetRequiredService<IMeterFactory>().Create("Microsoft.AspNetCore.MemoryPool");
        var rented = pool.CreateCounter<long>("aspnetcore.memory_pool.rented");
        rented.Add(1);

        Assert.False(rented.Enabled);
        Assert.DoesNotContain("memory_pool", await ReadPageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Concurrent_measurements_are_all_counted()
    {
        var counter = _meter.CreateCounter<int>("parallel");
        await Parallel.ForAsync(0, 10_000, (i, _) =>
        {
            counter.Add(1, CreateTag("worker", i % 50));
            return ValueTask.CompletedTask;
        });

        var page = await ReadPageAsync();
        for (var i = 0; i < 50; i++)
        {
            Assert.Contains($"parallel_total{{worker=\"{i}\"}} 200\n", page, StringComparison.Ordinal);
        }
    }

    private static ServiceProvider CreateServices() => new ServiceCollection()
        .AddLogging()
        .AddSingleton(new ProcessIdentity("specimen", "1.2.3"))
        .AddPrometheusMetrics()
        .BuildServiceProvider();

    private static KeyValuePair<string, object?> CreateTag(string name, object? value) => new(name, value);

    private async Task<string> ReadPageAsync(ExpositionFormat format = ExpositionFormat.PrometheusText)
    {
        using var page = new MemoryStream();
        await _services.GetRequiredService<CollectorRegistry>().CollectAndExportAsTextAsync(page, format);
        return Encoding.UTF8.GetString(page.ToArray());
    }

    private async Task<string> ReadFamilyAsync(string prefix, ExpositionFormat format = ExpositionFormat.PrometheusText)
    {
        var lines = (await ReadPageAsync(format)).Split('\n').Where(line =>
            line.StartsWith(prefix, StringComparison.Ordinal)
            || line.StartsWith($"# HELP {prefix}", StringComparison.Ordinal)
            || line.StartsWith($"# TYPE {prefix}", StringComparison.Ordinal));
        return string.Concat(lines.Select(line => line + "\n"));
    }
}
