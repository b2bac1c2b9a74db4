using MetricsRelay.Exposition;
using MetricsRelay.Writing;

namespace MetricsRelay.Tests.Writing;

public sealed class MergedExpositionWriterTests
{
    private const string OpenMetricsText = """
        # TYPE app_requests counter
        # HELP app_requests All requests, \"quoted\" with a \\ and a \n feed.
        app_requests_total{code="200",path="a\\b\"c\nd"} 1027 1395066363.5 # {trace_id="KOO5S4vxi0o"} 0.67
        app_requests_created{code="200",path="a\\b\"c\nd"} 1395066000.25 1395066363.5
        # TYPE latency_seconds histogram
        # UNIT latency_seconds seconds
        # HELP latency_seconds Latency.
        latency_seconds_bucket{le="0.1"} 8 # {} 0.054
        latency_seconds_bucket{le="+Inf"} 17
        latency_seconds_count 17
        latency_seconds_sum 324789.3
        # TYPE build info
        build_info{version="1.2"} 1
        # TYPE feature stateset
        feature{feature="a"} 1
        feature{feature="b"} 0
        # TYPE queue gaugehistogram
        queue_bucket{le="1"} 2
        queue_bucket{le="+Inf"} 3
        queue_gcount 3
        queue_gsum 7.5
        # TYPE rpc summary
        rpc{quantile="0.5"} NaN
        rpc_count 0
        rpc_sum 0
        # TYPE temperature gauge
        temperature{city="Zürich"} -3.5
        # TYPE what unknown
        what +Inf
        # EOF

        """;

    private const string PlainText = """
        # HELP http_requests_total All requests, "quoted" with a \\ and a \n feed.
        # TYPE http_requests_total counter
        http_requests_total{method="post",code="200"} 1027 1395066363000
        http_requests_total{method="post",code="400"} 3 1395066363000
        # HELP duration_seconds Latency.
        # TYPE duration_seconds histogram
        duration_seconds_bucket{le="0.05"} 24054
        duration_seconds_bucket{le="+Inf"} 144320
        duration_seconds_count 144320
        duration_seconds_sum 53423
        # TYPE rpc summary
        rpc{quantile="0.01"} 3102
        rpc_count 2693
        rpc_sum 17560473
        # TYPE metric_without_timestamp_and_labels untyped
        metric_without_timestamp_and_labels 12.47
        # TYPE temperature gauge
        temperature{city="Zürich"} -3.5

        """;

    [Fact]
    public async Task OpenMetrics_text_is_written_exactly_as_it_was_parsed()
    {
        var written = await ExpositionText.WriteAsync(ExpositionText.Parse(OpenMetricsText, ExpositionFormat.OpenMetrics), ExpositionFormat.OpenMetrics);

        Assert.Equal(OpenMetricsText, written);
    }

    [Fact]
    public async Task Prometheus_text_is_written_exactly_as_it_was_parsed()
    {
        var written = await ExpositionText.WriteAsync(ExpositionText.Parse(PlainText, ExpositionFormat.Text), ExpositionFormat.Text);

        Assert.Equal(PlainText, written);
    }

    [Fact]
    public async Task Prometheus_text_is_unchanged_after_conversion_to_OpenMetrics_and_back()
    {
        var openMetrics = await ExpositionText.WriteAsync(ExpositionText.Parse(PlainText, ExpositionFormat.Text), ExpositionFormat.OpenMetrics);
        var text = await ExpositionText.WriteAsync(ExpositionText.Parse(openMetrics, ExpositionFormat.OpenMetrics), ExpositionFormat.Text);

        Assert.Contains("# TYPE http_requests counter\n", openMetrics, StringComparison.Ordinal);
        Assert.Contains(" 1027 1395066363\n", openMetrics, StringComparison.Ordinal);
        Assert.Equal(PlainText, text);
    }

    // A target with a wrong clock or unit must not make the response invalid.
    [Theory]
    [InlineData("1395066363066363000")]
    [InlineData("-1395066363066363000")]
    [InlineData("9223372036854775807")]
    public async Task Extreme_timestamp_is_written_validly_in_both_formats(string milliseconds)
    {
        var buffer = ExpositionText.Parse($"a 1 {milliseconds}\n", ExpositionFormat.Text);

        Assert.Contains($"\na 1 {milliseconds}\n", await ExpositionText.WriteAsync(buffer, ExpositionFormat.Text), StringComparison.Ordinal);
        ExpositionText.Parse(await ExpositionText.WriteAsync(buffer, ExpositionFormat.OpenMetrics), ExpositionFormat.OpenMetrics);
    }

    [Fact]
    public async Task OpenMetrics_types_are_written_in_text_without_renaming_any_series()
    {
        var text = await ExpositionText.WriteAsync(ExpositionText.Parse(OpenMetricsText, ExpositionFormat.OpenMetrics), ExpositionFormat.Text);

        Assert.Equal("""
            # HELP app_requests_total All requests, "quoted" with a \\ and a \n feed.
            # TYPE app_requests_total counter
            app_requests_total{code="200",path="a\\b\"c\nd"} 1027 1395066363500
            # HELP app_requests_created All requests, "quoted" with a \\ and a \n feed.
            # TYPE app_requests_created gauge
            app_requests_created{code="200",path="a\\b\"c\nd"} 1395066000.25 1395066363500
            # HELP latency_seconds Latency.
            # TYPE latency_seconds histogram
            latency_seconds_bucket{le="0.1"} 8
            latency_seconds_bucket{le="+Inf"} 17
            latency_seconds_count 17
            latency_seconds_sum 324789.3
            # TYPE build_info gauge
            build_info{version="1.2"} 1
            # TYPE feature gauge
            feature{feature="a"} 1
            feature{feature="b"} 0
            # TYPE queue_bucket untyped
            queue_bucket{le="1"} 2
            queue_bucket{le="+Inf"} 3
            # TYPE queue_gcount untyped
            queue_gcount 3
            # TYPE queue_gsum untyped
            queue_gsum 7.5
            # TYPE rpc summary
            rpc{quantile="0.5"} NaN
            rpc_count 0
            rpc_sum 0
            # TYPE temperature gauge
            temperature{city="Zürich"} -3.5
            # TYPE what untyped
            what +Inf

            """, text);
        ExpositionText.Parse(text, ExpositionFormat.Text);
    }

    [Theory]
    // No _total, negative, not cumulative, a summary with a negative sum, names that OpenMetrics reserves.
    [InlineData("# TYPE jobs counter\njobs 3\n", "# TYPE jobs unknown\njobs 3\n# EOF\n")]
    [InlineData("# TYPE jobs_total counter\njobs_total NaN\n", "# TYPE jobs_total unknown\njobs_total NaN\n# EOF\n")]
    [InlineData("# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n", "# TYPE h_bucket unknown\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n# TYPE h_count unknown\nh_count 1\n# TYPE h_sum unknown\nh_sum 1\n# EOF\n")]
    [InlineData("# TYPE s summary\ns_sum -1\ns_count 1\n", "# TYPE s_count unknown\ns_count 1\n# TYPE s_sum unknown\ns_sum -1\n# EOF\n")]
    [InlineData("# TYPE a_total counter\na_total 1\n# TYPE a gauge\na 2\n", "# TYPE a_total unknown\na_total 1\n# TYPE a gauge\na 2\n# EOF\n")]
    [InlineData("# TYPE a_total counter\na_total 1\n# TYPE a_created gauge\na_created 2\n", "# TYPE a_total unknown\na_total 1\n# TYPE a_created gauge\na_created 2\n# EOF\n")]
    public async Task Text_family_that_breaks_OpenMetrics_rules_has_unknown_type_there(string text, string expected)
    {
        var written = await ExpositionText.WriteAsync(ExpositionText.Parse(text, ExpositionFormat.Text), ExpositionFormat.OpenMetrics);

        Assert.Equal(expected, written);
        ExpositionText.Parse(written, ExpositionFormat.OpenMetrics);
    }

    [Fact]
    public async Task Mixed_metrics_of_a_text_histogram_are_sorted_for_OpenMetrics()
    {
        var buffer = ExpositionText.Parse(
            "# TYPE h histogram\nh_sum{a=\"1\"} 1\nh_bucket{a=\"1\",le=\"1\"} 1\nh_bucket{a=\"2\",le=\"1\"} 2\nh_bucket{a=\"1\",le=\"+Inf\"} 1\n"
            + "h_bucket{a=\"2\",le=\"+Inf\"} 2\nh_sum{a=\"2\"} 2\nh_count{a=\"2\"} 2\nh_count{a=\"1\"} 1\n",
            ExpositionFormat.Text);

        var written = await ExpositionText.WriteAsync(buffer, ExpositionFormat.OpenMetrics);

        Assert.Equal(8, ExpositionText.Parse(written, ExpositionFormat.OpenMetrics).Samples.Length);
        Assert.StartsWith("# TYPE h histogram\nh_bucket{a=\"1\",le=\"1\"} 1\nh_bucket{a=\"1\",le=\"+Inf\"} 1\nh_count{a=\"1\"} 1\nh_sum{a=\"1\"} 1\nh_bucket{a=\"2\"", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Utf8_names_are_quoted_on_request_and_otherwise_use_underscores()
    {
        var buffer = ExpositionText.Parse("# TYPE \"my.metric\" gauge\n{\"my.metric\",\"a.b\"=\"c\",d=\"e\"} 1\n", ExpositionFormat.Text);

        Assert.Equal("# TYPE \"my.metric\" gauge\n{\"my.metric\",\"a.b\"=\"c\",d=\"e\"} 1\n", await ExpositionText.WriteAsync(buffer, ExpositionFormat.Text));
        Assert.Equal("# TYPE my_metric gauge\nmy_metric{a_b=\"c\",d=\"e\"} 1\n", await ExpositionText.WriteAsync(buffer, ExpositionFormat.Text, NameEscaping.Underscores));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.0)]
    [InlineData(1e15)]
    [InlineData(-123456789012345)]
    [InlineData(0.1)]
    [InlineData(double.Epsilon)]
    [InlineData(double.MaxValue)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(9007199254740993)]
    [InlineData(1.0 / 3)]
    public void Written_number_parses_to_exactly_the_same_value(double value)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxLength];

        Assert.True(NumberText.TryParseValue(text[..NumberText.FormatValue(value, text)], out var read));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read));
    }
}
