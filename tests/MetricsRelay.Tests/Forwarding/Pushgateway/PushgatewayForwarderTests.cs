using System.Text;
using MetricsRelay.Forwarding.Pushgateway;

namespace MetricsRelay.Tests.Forwarding.Pushgateway;

/// <summary>Pushing the last scrape of a Job.</summary>
public sealed class PushgatewayForwarderTests
{
    [RequiresFact("prometheus-pushgateway")]
    public async Task Real_pushgateway_receives_the_last_scrape_after_the_job_has_exited()
    {
        var port = FreePort.FindUnused();
        var done = 0;
        var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context,
            Encoding.UTF8.GetBytes($"# TYPE done_total counter\ndone_total{{kind=\"row\"}} {Interlocked.Increment(ref done)}\n# TYPE last_seconds gauge\nlast_seconds 1.5 1700000000000\n"),
            "text/plain"));
        await using var gateway = ChildProcess.Start("prometheus-pushgateway", [$"--web.listen-address=127.0.0.1:{port}"]);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Eventually.AssertAsync(IsReadyAsync, () => string.Join('\n', gateway.Errors));
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=200ms", $"--Pushgateway:Url=http://127.0.0.1:{port}",
            "--Pushgateway:Job=import", "--Pushgateway:Grouping:path=/data/in", "--Pushgateway:Grouping:instance=pod-1");
        await Eventually.AssertAsync(() => relay.Output.Contains("\"event\":\"Up\"", StringComparison.Ordinal) && Volatile.Read(ref done) > 3);
        var last = Volatile.Read(ref done);
        await target.DisposeAsync();

        Assert.Equal(0, await relay.TerminateAsync());

        var metrics = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        var line = metrics.Split('\n').Single(l => l.StartsWith("done_total", StringComparison.Ordinal));
        Assert.StartsWith("done_total{instance=\"pod-1\",job=\"import\",kind=\"row\",path=\"/data/in\"} ", line, StringComparison.Ordinal);
        // The last scrape may have been interrupted when the target stopped.
        Assert.InRange(int.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture), 1, last + 1);
        Assert.Contains("last_seconds{instance=\"pod-1\",job=\"import\",path=\"/data/in\"} 1.5\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("\nup{", metrics, StringComparison.Ordinal);

        async Task<bool> IsReadyAsync()
        {
            try
            {
                using var ready = await client.GetAsync(new Uri("/-/ready", UriKind.Relative));
                return ready.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task Push_is_retried_until_the_gateway_accepts_it(string method)
    {
        await using var target = await FakeTarget.StartAsync("n 1\n");
        var requests = new List<(string Method, string Path, string Body)>();
        await using var gateway = await FakeTarget.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            lock (requests)
            {
                requests.Add((context.Request.Method, context.Request.Path, reader.ReadToEndAsync().GetAwaiter().GetResult()));
                context.Response.StatusCode = requests.Count switch { 1 => 500, 2 => 503, _ => 202 };
            }

            await Task.CompletedTask;
        });
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", $"--Pushgateway:Url={new Uri(gateway.Url, "/")}", $"--Pushgateway:Method={method}", "--ExternalLabels:job=nightly");
        await relay.WaitForTextAsync("/metrics", "\nn{job=\"nightly\"} 1\n");

        Assert.Equal(0, await relay.TerminateAsync());

        Assert.Equal(3, requests.Count);
        Assert.All(requests, r => Assert.Equal((method, "/metrics/job/nightly", "# TYPE n untyped\nn{job=\"nightly\"} 1\n"), r));
    }

    [Theory]
    [InlineData("http://g:9091", "a", "", "http://g:9091/metrics/job/a")]
    [InlineData("http://g:9091/", "a b", "", "http://g:9091/metrics/job/a%20b")]
    [InlineData("http://g/prefix/", "a/b", "", "http://g/prefix/metrics/job@base64/YS9i")]
    [InlineData("http://g", "a", "é?", "http://g/metrics/job/a/x/%C3%A9%3F")]
    public void Url_of_the_group_contains_job_and_labels_escaped(string gateway, string job, string value, string url) =>
        Assert.Equal(url, GroupingUrl.BuildUrl(new Uri(gateway), job, [new("x", value)]).AbsoluteUri);
}
