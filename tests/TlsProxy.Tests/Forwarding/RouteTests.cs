using System.Net;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Forwarding;

public sealed class RouteTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private static readonly CertificateAuthority Provider = new("Provider");
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);
    private readonly string _file = Path.GetTempFileName();

    public void Dispose()
    {
        _volume.Dispose();
        File.Delete(_file);
    }

    // The ambassador case: the provider accepts its own host name only, and its certificate contains no other.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TLS_destination_receives_its_own_host_and_the_forwarded_one(bool routes)
    {
        await using var upstream = await TestUpstream.StartAsync(
            TestUpstream.EchoAsync, certificate: Provider.IssueCertificate().ToCertificate());
        var url = new Uri($"https://localhost:{upstream.Url.Port}");
        using var authorities = new MountedVolume(new Dictionary<string, string> { ["ca.pem"] = Provider.BundlePem });
        using var file = new RouteFile().Write(null, ("provider", [url]));
        await using var proxy = await ProxyProcess.StartAsync(
            _volume.Path, url, routes ? [file.Argument] : [], new() { ["SSL_CERT_FILE"] = Path.Combine(authorities.Path, "ca.pem") });
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(proxy.Url, "/v1"));
        request.Headers.Host = "sidecar.example";

        using var answer = await client.SendAsync(request);

        var heard = (await answer.Content.ReadAsStringAsync()).Split('\n');
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains($"Host: localhost:{url.Port}", heard);
        Assert.Contains("X-Forwarded-Host: sidecar.example", heard);
    }

    [Fact]
    public async Task Routes_select_their_clusters_and_an_unmatched_path_is_404()
    {
        await using var one = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var two = await TestUpstream.StartAsync(context => context.Response.WriteAsync("two"));
        Write(one.Url, two.Url);
        await using var proxy = await StartAsync();
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(proxy.Url, "/one/a"));
        request.Headers.Add("X-Request-Id", "routed");
        request.Headers.Add("X-Forwarded-For", "forged");

        using var response = await client.SendAsync(request);
        var seen = await response.Content.ReadAsStringAsync();

        Assert.StartsWith("GET /one/a\n", seen, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-For: 127.0.0.1\n", seen, StringComparison.Ordinal);
        Assert.Equal(["routed"], response.Headers.GetValues("X-Request-Id"));
        Assert.True(response.Headers.Contains("Strict-Transport-Security"));
        Assert.Equal("two", await client.GetStringAsync(new Uri(proxy.Url, "/two")));
        using var missing = await client.GetAsync(new Uri(proxy.Url, "/three"));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("no_route", await missing.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(2, (await proxy.StatusAsync()).GetProperty("routes").GetProperty("routes").GetArrayLength());
    }

    [Fact]
    public async Task Reload_applies_valid_routes_and_rejects_invalid_ones()
    {
        await using var one = await TestUpstream.StartAsync(context => context.Response.WriteAsync("one"));
        await using var two = await TestUpstream.StartAsync(context => context.Response.WriteAsync("two"));
        Write(one.Url, two.Url);
        await using var proxy = await StartAsync();
        using var client = RunningProxy.Client();
        using var management = new HttpClient();
        Assert.Equal("one", await client.GetStringAsync(new Uri(proxy.Url, "/one")));

        Write(two.Url, two.Url, cluster: "missing");
        using var rejected = await management.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, rejected.StatusCode);
        Assert.Contains("ReverseProxy:Routes:one:ClusterId", await rejected.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("one", await client.GetStringAsync(new Uri(proxy.Url, "/one")));

        Write(two.Url, one.Url);
        using var applied = await management.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.OK, applied.StatusCode);
        await Eventually.AssertAsync(async () => await client.GetStringAsync(new Uri(proxy.Url, "/one")) == "two", "the new route");
        Assert.Equal("one", await client.GetStringAsync(new Uri(proxy.Url, "/two")));
    }

    [Fact]
    public async Task Start_with_invalid_routes_fails_with_every_error()
    {
        await File.WriteAllTextAsync(_file, """{ "ReverseProxy": { "Routes": { "a": { "ClusterId": "none", "Match": { "Path": "/{" } } }, "Clusters": { "c": { "Destinations": { "d": { "Address": "nowhere" } } } } } }""");

        var rejected = await Assert.ThrowsAsync<ConfigurationException>(StartAsync);

        Assert.Contains(rejected.Errors, e => e.Key == "ReverseProxy:Routes:a:ClusterId");
        Assert.Contains(rejected.Errors, e => e.Key == "ReverseProxy:Clusters:c:Destinations:d:Address");
    }

    [Fact]
    public async Task Unhealthy_destination_receives_no_requests_until_it_recovers()
    {
        var healthy = true;
        await using var one = await TestUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/health" && !Volatile.Read(ref healthy) ? 500 : 200;
            return context.Response.WriteAsync("one");
        });
        await using var two = await TestUpstream.StartAsync(context => context.Response.WriteAsync("two"));
        await File.WriteAllTextAsync(_file, $$"""
            { "ReverseProxy": { "Routes": { "all": { "ClusterId": "both", "Match": { "Path": "{**rest}" } } },
              "Clusters": { "both": { "LoadBalancingPolicy": "RoundRobin",
                "HealthCheck": { "Active": { "Enabled": "true", "Interval": "00:00:00.1", "Timeout": "00:00:05", "Policy": "ConsecutiveFailures", "Path": "/health" } },
                "Destinations": { "one": { "Address": "{{one.Url}}" }, "two": { "Address": "{{two.Url}}" } } } } } }
            """);
        await using var proxy = await StartAsync();
        using var client = RunningProxy.Client();
        await Eventually.AssertAsync(async () => (await AnswersAsync()).SetEquals(["one", "two"]), "both are used");

        Volatile.Write(ref healthy, false);
        await Eventually.AssertAsync(async () => (await AnswersAsync()).SetEquals(["two"]), "the sick one is left out");

        Volatile.Write(ref healthy, true);
        await Eventually.AssertAsync(async () => (await AnswersAsync()).SetEquals(["one", "two"]), "both are used again");

        async Task<HashSet<string>> AnswersAsync()
        {
            var answers = new HashSet<string>();
            for (var i = 0; i < 8; i++)
            {
                answers.Add(await client.GetStringAsync(proxy.Url));
            }

            return answers;
        }
    }

    [Fact]
    public async Task Destination_with_failing_connections_is_excluded()
    {
        var broken = 0;
        await using var one = await TestUpstream.StartAsync(context =>
        {
            Interlocked.Increment(ref broken);
            context.Abort();
            return Task.CompletedTask;
        });
        await using var two = await TestUpstream.StartAsync(context => context.Response.WriteAsync("two"));
        await File.WriteAllTextAsync(_file, $$"""
            { "ReverseProxy": { "Routes": { "all": { "ClusterId": "both", "Match": { "Path": "{**rest}" } } },
              "Clusters": { "both": { "LoadBalancingPolicy": "RoundRobin",
                "HealthCheck": { "Passive": { "Enabled": "true", "Policy": "TransportFailureRate", "ReactivationPeriod": "01:00:00" } },
                "Metadata": { "TransportFailureRateHealthPolicy.RateLimit": "0.2" },
                "Destinations": { "one": { "Address": "{{one.Url}}" }, "two": { "Address": "{{two.Url}}" } } } } } }
            """);
        await using var proxy = await StartAsync();
        using var client = RunningProxy.Client();
        await Eventually.AssertAsync(
            async () =>
            {
                using var answer = await client.GetAsync(proxy.Url);
                var clusters = (await proxy.StatusAsync()).GetProperty("routes").GetProperty("clusters")[0].GetProperty("destinations");
                return clusters.EnumerateArray().Any(d => d.GetProperty("id").GetString() == "one"
                    && d.GetProperty("passive_health").GetString() == "unhealthy");
            },
            "the broken one is unhealthy");

        var before = Volatile.Read(ref broken);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("two", await client.GetStringAsync(proxy.Url));
        }

        Assert.Equal(before, Volatile.Read(ref broken));
    }

    private Task<RunningProxy> StartAsync() => RunningProxy.StartAsync(_volume.Path, new Uri("http://127.0.0.1:1"), [$"--config={_file}"]);

    private void Write(Uri one, Uri two, string cluster = "one") => File.WriteAllText(_file, $$"""
        { "ReverseProxy": {
            "Routes": {
              "one": { "ClusterId": "{{cluster}}", "Match": { "Path": "/one/{**rest}" } },
              "two": { "ClusterId": "two", "Match": { "Path": "/two" } } },
            "Clusters": {
              "one": { "Destinations": { "a": { "Address": "{{one}}" } } },
              "two": { "Destinations": { "a": { "Address": "{{two}}" } } } } } }
        """);
}
