using System.Diagnostics.Metrics;
using System.Text;
using Hosting.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Hosting.Tests;

public sealed class MetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MetricsExposition _exposition;
    private readonly Meter _meter;

    public MetricsTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _exposition = new MetricsExposition(factory);
        _meter = factory.Create("test");
    }

    public void Dispose()
    {
        _exposition.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void A_counter_keeps_its_total_in_both_formats()
    {
        _meter.CreateCounter<long>("inference_requests_total", description: "Requests.").Add(3, new KeyValuePair<string, object?>("status", "success"));

        Assert.Equal("# HELP inference_requests_total Requests.\n# TYPE inference_requests_total counter\ninference_requests_total{status=\"success\"} 3\n", Family("inference_requests", openMetrics: false));
        Assert.Equal("# HELP inference_requests Requests.\n# TYPE inference_requests counter\ninference_requests_total{status=\"success\"} 3\n", Family("inference_requests", openMetrics: true));
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", "http_server_request_duration_seconds")]
    [InlineData("process.memory", "By", "process_memory_bytes")]
    [InlineData("inference_latency_seconds", "s", "inference_latency_seconds")]
    [InlineData("open.files", "{file}", "open_files")]
    [InlineData("2xx..share", null, "_2xx_share")]
    public void A_name_becomes_the_one_that_Prometheus_expects(string name, string? unit, string expected) =>
        Assert.Equal(expected, MetricName.Of(name, unit, isCounter: false).Family);

    [Fact]
    public void A_histogram_is_cumulative_and_ends_in_Inf_equal_to_its_count()
    {
        var histogram = _meter.CreateHistogram("latency", "s", "Latency.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in (double[])[0.05, 0.1, 0.5, 7])
        {
            histogram.Record(value);
        }

        Assert.Equal(
            """
            # HELP latency_seconds Latency.
            # TYPE latency_seconds histogram
            # UNIT latency_seconds seconds
            latency_seconds_bucket{le="0.1"} 2
            latency_seconds_bucket{le="1.0"} 3
            latency_seconds_bucket{le="+Inf"} 4
            latency_seconds_sum 7.65
            latency_seconds_count 4

            """, Family("latency", openMetrics: true));
        Assert.Contains("latency_seconds_bucket{le=\"1\"} 3\n", Family("latency", openMetrics: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Label_values_and_help_are_escaped()
    {
        _meter.CreateCounter<long>("odd_total", description: "a\\b\nc \"quoted\"").Add(1, new KeyValuePair<string, object?>("path", "a\\b\n\"c\""));

        var text = Family("odd", openMetrics: false);
        Assert.Contains("# HELP odd_total a\\\\b\\nc \"quoted\"\n", text, StringComparison.Ordinal);
        Assert.Contains("# HELP odd a\\\\b\\nc \\\"quoted\\\"\n", Family("odd", openMetrics: true), StringComparison.Ordinal);
        Assert.Contains("odd_total{path=\"a\\\\b\\n\\\"c\\\"\"} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_used_with_two_types_stays_one_family()
    {
        _meter.CreateCounter<long>("clash_total").Add(1);
        _meter.CreateUpDownCounter<long>("clash_total").Add(5);

        var text = Text(openMetrics: false);
        Assert.Equal(1, text.Split("# TYPE clash_total ").Length - 1);
    }

    [Fact]
    public void OpenMetrics_ends_in_EOF_and_the_text_format_does_not()
    {
        Assert.EndsWith("# EOF\n", Text(openMetrics: true), StringComparison.Ordinal);
        Assert.DoesNotContain("# EOF", Text(openMetrics: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Meters_of_another_application_in_this_process_are_left_out()
    {
        using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Create("test").CreateCounter<long>("not_ours_total").Add(1);

        Assert.DoesNotContain("not_ours_total", Text(openMetrics: false), StringComparison.Ordinal);
    }

    [Fact]
    public void What_Kestrel_measures_several_times_a_request_is_left_out()
    {
        using var pool = _services.GetRequiredService<IMeterFactory>().Create("Microsoft.AspNetCore.MemoryPool");
        var rented = pool.CreateCounter<long>("aspnetcore.memory_pool.rented");
        rented.Add(1);

        Assert.False(rented.Enabled);
        Assert.DoesNotContain("memory_pool", Text(openMetrics: false), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4", true)]
    [InlineData("application/openmetrics-text; version=1.0.0", true)]
    [InlineData("text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.3", false)]
    [InlineData("application/openmetrics-text; version=2.0.0", false)]
    [InlineData("text/html,*/*", false)]
    [InlineData("", false)]
    [InlineData("!!", false)]
    public void The_format_is_the_one_that_the_request_prefers(string accept, bool openMetrics)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Accept = accept;

        Assert.Equal(openMetrics, MetricsExposition.PrefersOpenMetrics(context.Request));
    }

    private string Text(bool openMetrics) => Encoding.UTF8.GetString(_exposition.Collect(openMetrics));

    private string Family(string prefix, bool openMetrics) => string.Concat(Text(openMetrics)
        .Split('\n')
        .Where(l => l.StartsWith(prefix, StringComparison.Ordinal) || (l.StartsWith('#') && l.Split(' ').ElementAtOrDefault(2)?.StartsWith(prefix, StringComparison.Ordinal) == true))
        .Select(l => l + "\n"));
}
