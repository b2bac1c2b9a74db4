using Hosting.Metrics;

namespace Hosting.Tests.Metrics;

public sealed class MetricNameTests
{
    [Theory]
    [InlineData("http.server.request.duration", "s", false, "http_server_request_duration_seconds")]
    [InlineData("process.memory", "By", false, "process_memory_bytes")]
    [InlineData("inference_latency_seconds", "s", false, "inference_latency_seconds")]
    [InlineData("open.files", "{file}", false, "open_files")]
    [InlineData("2xx..share", null, false, "_2xx_share")]
    [InlineData("requests", null, true, "requests_total")]
    [InlineData("requests_total", null, true, "requests_total")]
    [InlineData("dotnet.gc.pause.time", "s", true, "dotnet_gc_pause_time_seconds_total")]
    [InlineData("", null, false, "_")]
    public void Instrument_name_becomes_the_name_Prometheus_expects(string name, string? unit, bool isCounter, string expected) =>
        Assert.Equal(expected, MetricName.FromInstrument(name, unit, isCounter));

    [Theory]
    [InlineData("http.route", "http_route")]
    [InlineData("a:b", "a_b")]
    [InlineData("1st", "_1st")]
    [InlineData("__name__", "_name__")]
    [InlineData("le", "le_")]
    public void Tag_name_becomes_a_valid_label_that_is_not_reserved(string tag, string expected) =>
        Assert.Equal(expected, MetricName.FromTag(tag));
}
