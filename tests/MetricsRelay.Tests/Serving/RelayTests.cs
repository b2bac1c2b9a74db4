using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using MetricsRelay.Exposition;
using MetricsRelay.Writing;

namespace MetricsRelay.Tests.Serving;

/// <summary>The relay as a process.</summary>
public sealed class RelayTests
{
    [Fact]
    public async Task Request_returns_the_current_values_of_the_target()
    {
        var value = 0;
        await using var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes($"# TYPE n_total counter\nn_total {Volatile.Read(ref value)}\n"), "text/plain"));
        await using var relay = await RelayProcess.StartAsync($"--Scrape:Targets={target.Url}", "--Scrape:Interval=1h");
        await relay.WaitForTextAsync("/metrics", "\nn_total 0\n");

        for (var i = 1; i <= 5; i++)
        {
            Volatile.Write(ref value, i);
            var text = await relay.GetAsync("/metrics");
            Assert.Contains($"\nn_total {i}\n", text, StringComparison.Ordinal);
            Assert.Contains("\nup 1\n", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Target_that_starts_after_the_relay_is_scraped_without_a_request()
    {
        int port;
        await using (var first = await FakeTarget.StartAsync("a 1\n"))
        {
            port = first.Url.Port;
        }

        await using var relay = await RelayProcess.StartAsync($"--Scrape:Targets=http://127.0.0.1:{port}/metrics", "--Scrape:Interval=1h");
        Assert.Contains("\nup 0\n", await relay.GetAsync("/metrics"), StringComparison.Ordinal);
        Assert.StartsWith("ready", await relay.GetAsync("/readyz"), StringComparison.Ordinal);

        await using var late = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(context, "a 1\n"u8.ToArray(), "text/plain"), port);

        await Eventually.AssertAsync(() => relay.Output.Contains("\"event\":\"Up\"", StringComparison.Ordinal));
        // A sidecar starts before the main container, so this is not a warning.
        Assert.Contains("connection refused, retrying every second", relay.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"level\":\"warning\"", relay.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(null, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("*/*", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/html", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("not a type", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.1,text/plain;version=0.0.4;q=0.5", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=2.0.0,text/plain;q=0.5", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2", "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8")]
    [InlineData("text/plain;version=1.0.0;escaping=allow-utf-8", "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8")]
    public void Format_and_escaping_are_negotiated_by_the_accept_header(string? accept, string type)
    {
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Headers.Accept = accept;

        Assert.Equal(type, ContentNegotiation.ReadFrom(context.Request).ContentType);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("gzip", true)]
    [InlineData("deflate, gzip;q=0.5", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("*", true)]
    [InlineData("*;q=1, gzip;q=0", false)]
    [InlineData("br", false)]
    public void Gzip_is_used_only_if_the_request_accepts_it(string? encodings, bool gzip)
    {
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Headers.AcceptEncoding = encodings;

        Assert.Equal(gzip, ContentNegotiation.ReadFrom(context.Request).AcceptsGzip);
    }

    [Fact]
    public async Task Response_has_the_requested_format_and_encoding()
    {
        await using var target = await FakeTarget.StartAsync("# TYPE a counter\na_total 1 # {x=\"y\"} 1\n# EOF\n", "application/openmetrics-text");
        await using var relay = await RelayProcess.StartAsync($"--Scrape:Targets={target.Url}");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("Accept", "application/openmetrics-text;version=1.0.0");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");

        using var response = await relay.Client.SendAsync(request);
        await using var zip = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(zip);
        var text = await reader.ReadToEndAsync();

        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("# TYPE a counter\na_total 1 # {x=\"y\"} 1\n# EOF\n", text, StringComparison.Ordinal);
        ExpositionText.Parse(text, ExpositionFormat.OpenMetrics);

        using var head = await relay.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/metrics"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal("text/plain", head.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Own_metrics_and_status_report_the_results_of_scrapes()
    {
        await using var good = await FakeTarget.StartAsync("# TYPE x gauge\nx 1\n");
        await using var bad = await FakeTarget.StartAsync("not metrics", "text/html");
        await using var relay = await RelayProcess.StartAsync($"--Scrape:Targets={good.Url},{bad.Url}");
        await relay.WaitForValueAsync($"metrics_relay_scrapes_total{{outcome=\"content_type\",target=\"{bad.Name}\"}}", 1);
        var own = await relay.WaitForValueAsync($"metrics_relay_scrapes_total{{outcome=\"success\",target=\"{good.Name}\"}}", 1);
        using var status = JsonDocument.Parse(await relay.GetAsync("/statusz"));

        Assert.Contains("metrics_relay_scrapes_total{outcome=\"success\"", own, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_scrapes_total{outcome=\"content_type\"", own, StringComparison.Ordinal);
        ExpositionText.Parse(own, ExpositionFormat.Text);
        var targets = status.RootElement.GetProperty("targets").GetProperty("scraped");
        Assert.True(targets[0].GetProperty("up").GetBoolean());
        Assert.False(targets[1].GetProperty("up").GetBoolean());
        Assert.Contains("text/html", targets[1].GetProperty("last_error").GetString(), StringComparison.Ordinal);
        Assert.Contains("text/html", status.RootElement.GetProperty("problems")[0].GetProperty("what").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hanging_target_does_not_prevent_serving_the_other_targets()
    {
        await using var hanging = await FakeTarget.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var good = await FakeTarget.StartAsync("x 1\n");
        await using var relay = await RelayProcess.StartAsync($"--Scrape:Targets={hanging.Url},{good.Url}");

        var text = await relay.WaitForTextAsync("/metrics", $"x{{instance=\"{good.Name}\"}} 1\n");

        Assert.Contains($"up{{instance=\"{hanging.Name}\"}} 0\n", text, StringComparison.Ordinal);
        Assert.Contains($"up{{instance=\"{good.Name}\"}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"x{{instance=\"{good.Name}\"}} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_applies_new_targets_and_labels_and_rejects_invalid_ones()
    {
        await using var first = await FakeTarget.StartAsync("first 1\n");
        await using var second = await FakeTarget.StartAsync("second 2\n");
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $$"""{ "Scrape": { "Targets": ["{{first.Url}}"] } }""");
        await using var relay = await RelayProcess.StartAsync($"--config={file}");
        await relay.WaitForTextAsync("/metrics", "\nfirst 1\n");

        await File.WriteAllTextAsync(file, $$"""{ "Scrape": { "Targets": ["{{second.Url}}"] }, "ExternalLabels": { "pod": "p" } }""");
        using var reloaded = await relay.Client.PostAsync(new Uri("/-/reload", UriKind.Relative), null);
        var text = await relay.WaitForTextAsync("/metrics", "\nsecond{pod=\"p\"} 2\n");

        Assert.Equal(HttpStatusCode.OK, reloaded.StatusCode);
        Assert.Contains("\nsecond{pod=\"p\"} 2\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("first", text, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, """{ "Scrape": { "Targets": ["nonsense"] } }""");
        using var rejected = await relay.Client.PostAsync(new Uri("/-/reload", UriKind.Relative), null);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, rejected.StatusCode);
        Assert.Contains("\nsecond{pod=\"p\"} 2\n", await relay.GetAsync("/metrics"), StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task Relay_exits_with_0_after_sigterm()
    {
        await using var target = await FakeTarget.StartAsync("a 1\n");
        await using var relay = await RelayProcess.StartAsync($"--Scrape:Targets={target.Url}");

        Assert.Equal(0, await relay.TerminateAsync());
    }

    [Theory]
    [InlineData("# TYPE a gauge\na 1\n", null, 0, "valid Prometheus text 0.0.4: 1 families, 1 samples")]
    [InlineData("# TYPE a gauge\na 1\n# EOF\n", null, 0, "valid OpenMetrics 1.0.0: 1 families, 1 samples")]
    [InlineData("a 1\nb one\n", null, 1, "not valid Prometheus text 0.0.4: line 2, column 3: 'one' is not a number")]
    [InlineData("a 1\n", "openmetrics", 1, "not valid OpenMetrics 1.0.0: line 2, column 1: the exposition must end with '# EOF'")]
    [InlineData("a 1\n# EOF\n", "text", 0, "valid Prometheus text 0.0.4: 1 families, 1 samples")]
    public async Task Check_metrics_validates_the_exposition_on_standard_input(string input, string? format, int exitCode, string output)
    {
        string[] arguments = format is null ? ["check-metrics"] : ["check-metrics", "--format", format];

        var (actualExitCode, printed) = await RelayProcess.RunWithInputAsync(input, arguments);

        Assert.Equal(output, printed.Trim());
        Assert.Equal(exitCode, actualExitCode);
    }

    [Fact]
    public async Task Check_reports_the_result_of_scraping_each_target()
    {
        await using var good = await FakeTarget.StartAsync("x 1\n");
        await using var bad = await FakeTarget.StartAsync("x one\n");
        var (exitCode, printed, _) = await RelayProcess.RunAsync("check", $"--Scrape:Targets={good.Url},{bad.Url}");

        Assert.Equal(1, exitCode);
        Assert.Contains("exposes 1 samples in 4 bytes", printed, StringComparison.Ordinal);
        Assert.Contains("line 1, column 3", printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Scrape:Targets=nonsense", "Scrape:Targets:0")]
    [InlineData("--Scrape:Interval=1ms", "Scrape:Interval")]
    [InlineData("--ExternalLabels:1x=y", "ExternalLabels:1x")]
    [InlineData("--Scrape:Target=http://localhost", "Scrape:Target")]
    public async Task Invalid_configuration_is_rejected_with_its_key(string flag, string key)
    {
        var (exitCode, _, errors) = await RelayProcess.RunAsync(flag);

        Assert.Equal(2, exitCode);
        Assert.Contains(key, errors, StringComparison.Ordinal);
    }
}
