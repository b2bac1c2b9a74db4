using System.Net;
using System.Net.Http.Headers;
using Hosting.Metrics;
using Microsoft.AspNetCore.Http;

namespace Hosting.Tests.Metrics;

public sealed class MetricsEndpointTests
{
    [Theory]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4", true)]
    [InlineData("application/openmetrics-text; version=1.0.0", true)]
    [InlineData("text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.3", false)]
    [InlineData("application/openmetrics-text; version=2.0.0", false)]
    [InlineData("text/html,*/*", false)]
    [InlineData("", false)]
    [InlineData("!!", false)]
    public void Format_is_the_one_that_the_request_prefers(string accept, bool openMetrics)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Accept = accept;

        Assert.Equal(openMetrics, MetricsEndpoint.PrefersOpenMetrics(context.Request));
    }

    /// <summary>The golden file is the page of the OpenTelemetry metrics SDK, which dashboards and alerts were written against.</summary>
    [Fact]
    public async Task Names_types_labels_and_buckets_of_the_page_stay_the_same()
    {
        await using var specimen = await SpecimenProcess.StartAsync([]);
        var first = MetricShapes.ReadFrom(await specimen.Management.GetStringAsync("/metrics"));
        Assert.Contains("counter specimen_config_reloads_total{outcome}", first);

        // Kestrel measures a connection when it closes.
        specimen.Web.DefaultRequestHeaders.ConnectionClose = true;
        await specimen.Web.GetStringAsync("/greeting");
        using var notFound = await specimen.Web.GetAsync("/nowhere");
        using var notAllowed = await specimen.Web.PostAsync("/greeting", null);
        using var broken = await specimen.Management.GetAsync("/broken");

        string[] expected = [];
        string[] actual = [];
        await Eventually.AssertAsync(
            async () =>
            {
                // Whether Kestrel sees an error when a connection closes depends on which side closes it first.
                var shapes = MetricShapes.ReadFrom(await specimen.Management.GetStringAsync("/metrics"));
                const string FailedConnection = "histogram kestrel_connection_duration_seconds{error_type";
                actual = [.. shapes.Where(shape => !shape.StartsWith(FailedConnection, StringComparison.Ordinal))];
                expected = [.. ReadGoldenShapes().Order(StringComparer.Ordinal)];
                return actual.SequenceEqual(expected);
            },
            () => $"missing: {string.Join(" | ", expected.Except(actual))}; unexpected: {string.Join(" | ", actual.Except(expected))}");
    }

    [Fact]
    public async Task Formats_differ_in_content_type_and_end_marker()
    {
        await using var specimen = await SpecimenProcess.StartAsync([]);

        using var text = await specimen.Management.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", text.Content.Headers.ContentType!.ToString());
        Assert.True(text.Headers.CacheControl!.NoStore);
        Assert.DoesNotContain("# EOF", await text.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text; version=1.0.0"));
        using var openMetrics = await specimen.Management.SendAsync(request);
        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", openMetrics.Content.Headers.ContentType!.ToString());
        Assert.EndsWith("# EOF\n", await openMetrics.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_GET_and_HEAD_are_allowed()
    {
        await using var specimen = await SpecimenProcess.StartAsync([]);

        using var head = await specimen.Management.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/metrics"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.True(head.Content.Headers.ContentLength > 1000);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());

        using var post = await specimen.Management.PostAsync("/metrics", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
        Assert.Equal(["GET", "HEAD"], post.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task Build_version_and_start_time_are_on_the_first_page()
    {
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await using var specimen = await SpecimenProcess.StartAsync([]);
        var page = await specimen.Management.GetStringAsync("/metrics");

        Assert.Contains("specimen_build_info{version=\"1.0.0\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("specimen_metric_measurements_dropped_total 0\n", page, StringComparison.Ordinal);
        Assert.Contains("specimen_config_reloads_total{outcome=\"applied\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("specimen_config_reloads_total{outcome=\"refused\"} 0\n", page, StringComparison.Ordinal);
        var line = page.Split('\n').Single(l => l.StartsWith("process_start_time_seconds ", StringComparison.Ordinal));
        var startedAt = double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(startedAt, before - 5, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
    }

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", false)]
    public async Task Exemplar_carries_the_trace_id_of_a_sampled_request_only(string traceParent, bool sampled)
    {
        await using var specimen = await SpecimenProcess.StartAsync([]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/greeting") { Headers = { { "traceparent", traceParent } } };
        using var response = await specimen.Web.SendAsync(request);

        var page = "";
        await Eventually.AssertAsync(
            async () =>
            {
                using var scrape = new HttpRequestMessage(HttpMethod.Get, "/metrics");
                scrape.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text"));
                using var scraped = await specimen.Management.SendAsync(scrape);
                page = await scraped.Content.ReadAsStringAsync();
                return page.Contains("http_server_request_duration_seconds_count{", StringComparison.Ordinal);
            },
            () => "the request is measured");

        Assert.Equal(sampled, page.Contains("# {trace_id=\"0af7651916cd43dd8448eb211c80319c\",span_id=\"", StringComparison.Ordinal));
        Assert.Equal(sampled, page.Contains(" # {", StringComparison.Ordinal));
    }

    private static IEnumerable<string> ReadGoldenShapes()
    {
        var golden = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Metrics", "specimen-metrics.golden.txt"));

        // Gauges that the runtime declares as counters.
        return golden
            .Select(shape => shape is "counter dotnet_thread_pool_queue_length_total{}" or "counter dotnet_thread_pool_thread_count_total{}"
                ? shape.Replace("counter ", "gauge ", StringComparison.Ordinal).Replace("_total{", "{", StringComparison.Ordinal)
                : shape)
            .Append("gauge process_start_time_seconds{}")
            .Append("gauge specimen_build_info{version}")
            .Append("counter specimen_metric_measurements_dropped_total{}");
    }
}
