using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Forwarding;

public sealed class ForwardingTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    public static TheoryData<string> Versions => new("1.1", "2.0");

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Request_is_forwarded_with_its_body_and_receives_the_response(string version)
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client(Version.Parse(version));

        using var response = await client.PostAsync(new Uri(proxy.Url, "/inference?x=1"), new StringContent("what a lovely day"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(version, response.Version.ToString());
        var seen = await response.Content.ReadAsStringAsync();
        Assert.StartsWith("POST /inference?x=1\n", seen, StringComparison.Ordinal);
        Assert.EndsWith("\n\nwhat a lovely day", seen, StringComparison.Ordinal);
        Assert.Equal("max-age=31536000", Assert.Single(response.Headers.GetValues("Strict-Transport-Security")));
    }

    [Theory]
    [InlineData("/a%2Fb/c%20d?q=%2F&r=a+b")]
    [InlineData("/%C3%A9%41")]
    [InlineData("/a//b/")]
    [InlineData("/?")]
    public async Task Request_target_reaches_the_application_unchanged(string target)
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        var seen = await client.GetStringAsync(new Uri(
            $"https://localhost:{proxy.Port}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));

        Assert.StartsWith($"GET {target}\n", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forwarding_headers_of_an_untrusted_client_are_discarded()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        foreach (var name in new[] { "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "X-Forwarded-User", "X-Forwarded-Client-Cert", "X_Forwarded_For", "X-Forwarded-Prefix", "X-Original-URL" })
        {
            request.Headers.TryAddWithoutValidation(name, "forged");
        }

        using var response = await client.SendAsync(request);
        var seen = await response.Content.ReadAsStringAsync();

        Assert.DoesNotContain("forged", seen, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-For: 127.0.0.1\n", seen, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-Proto: https\n", seen, StringComparison.Ordinal);
        Assert.Contains($"X-Forwarded-Host: localhost:{proxy.Port}\n", seen, StringComparison.Ordinal);
        Assert.Contains($"Forwarded: for=127.0.0.1;host=\"localhost:{proxy.Port}\";proto=https", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forwarding_headers_of_a_trusted_proxy_are_extended()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, upstream.Url, ["--Forwarded:TrustedNetworks=10.0.0.0/8,127.0.0.0/8"]);
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Host", "shop.example.com");
        request.Headers.Add("X-Forwarded-Client-Cert", "forged");

        using var response = await client.SendAsync(request);
        var seen = await response.Content.ReadAsStringAsync();

        Assert.Contains("X-Forwarded-For: 203.0.113.7, 127.0.0.1\n", seen, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-Host: shop.example.com\n", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trusted_proxy_may_set_the_chain_but_no_other_header()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Forwarded:TrustedNetworks=127.0.0.0/8"]);
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "http");
        foreach (var name in new[] { "X-Forwarded-User", "X_Forwarded_User", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Real-IP" })
        {
            request.Headers.TryAddWithoutValidation(name, "forged");
        }

        using var response = await client.SendAsync(request);
        var seen = await response.Content.ReadAsStringAsync();

        Assert.Contains("X-Forwarded-For: 203.0.113.7, 127.0.0.1\n", seen, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-Proto: http\n", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trusted_networks_can_be_reloaded_without_a_restart()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "{}");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, [$"--config={file}"]);
        using var client = RunningProxy.Client();
        using var management = new HttpClient();
        Assert.Contains("X-Forwarded-For: 127.0.0.1\n", await SeenAsync(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, await ReloadAsync("127.0.0.0/8"));
        Assert.Contains("X-Forwarded-For: 203.0.113.7, 127.0.0.1\n", await SeenAsync(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, await ReloadAsync("127.0.0.0/99"));
        Assert.Contains("X-Forwarded-For: 203.0.113.7, 127.0.0.1\n", await SeenAsync(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, await ReloadAsync("10.0.0.0/8"));
        Assert.Contains("X-Forwarded-For: 127.0.0.1\n", await SeenAsync(), StringComparison.Ordinal);

        async Task<HttpStatusCode> ReloadAsync(string network)
        {
            await File.WriteAllTextAsync(file, $$"""{ "Forwarded": { "TrustedNetworks": ["{{network}}"] } }""");
            using var answer = await management.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
            return answer.StatusCode;
        }

        async Task<string> SeenAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
            request.Headers.Add("X-Forwarded-For", "203.0.113.7");
            using var answer = await client.SendAsync(request);
            return await answer.Content.ReadAsStringAsync();
        }
    }

    [Theory]
    [InlineData("abc-123._X", true)]
    [InlineData("has space", false)]
    [InlineData("semi;colon", false)]
    [InlineData(null, false)]
    public async Task Safe_request_id_is_kept_and_any_other_replaced(string? sent, bool kept)
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        if (sent is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Request-Id", sent);
        }

        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        using var response = await client.SendAsync(request);
        var id = Assert.Single(response.Headers.GetValues("X-Request-Id"));
        var seen = await response.Content.ReadAsStringAsync();

        Assert.Equal(kept, id == sent);
        Assert.Matches("^[A-Za-z0-9._-]{1,128}$", id);
        Assert.Contains($"X-Request-ID: {id}\n", seen, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n", seen, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Request_id_in_the_response_is_replaced_by_the_proxys()
    {
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            context.Response.Headers["X-Request-Id"] = "another";
            return Task.CompletedTask;
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        request.Headers.Add("X-Request-Id", "mine");

        using var response = await client.SendAsync(request);

        Assert.Equal(["mine"], response.Headers.GetValues("X-Request-Id"));
    }

    [Fact]
    public async Task Hop_by_hop_headers_are_not_forwarded()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        request.Headers.TryAddWithoutValidation("Connection", "X-Secret, X-Forwarded-For, Authorization");
        request.Headers.TryAddWithoutValidation("X-Secret", "hop");
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "hop");
        request.Headers.TryAddWithoutValidation("Keep-Alive", "hop");
        request.Headers.TryAddWithoutValidation("Upgrade", "h2c");
        request.Headers.TryAddWithoutValidation("HTTP2-Settings", "hop");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "kept");

        using var response = await client.SendAsync(request);
        var seen = await response.Content.ReadAsStringAsync();

        Assert.DoesNotContain("hop", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("h2c", seen, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-For: 127.0.0.1\n", seen, StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer kept\n", seen, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Unreachable_application_is_502_with_the_request_id(string version)
    {
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, new Uri("http://127.0.0.1:1"));
        using var client = RunningProxy.Client(Version.Parse(version));

        using var response = await client.GetAsync(proxy.Url);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await AssertErrorAsync(response, "upstream_unreachable");
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_upstream_errors_total{reason=\"upstream_unreachable\"}"));
    }

    [Fact]
    public async Task Recently_stopped_application_is_503_and_recovers_after_its_restart()
    {
        var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        await client.GetStringAsync(proxy.Url);

        await upstream.DisposeAsync();
        using var response = await client.GetAsync(proxy.Url);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter!.Delta);
        await AssertErrorAsync(response, "upstream_unavailable");

        await using var back = await TestUpstream.StartAsync(TestUpstream.EchoAsync, upstream.Url.Port);
        Assert.StartsWith("GET /", await client.GetStringAsync(proxy.Url), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Application_without_a_response_is_504()
    {
        await using var upstream = await TestUpstream.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Upstream:TimeoutSeconds=1"]);
        using var client = RunningProxy.Client();

        using var response = await client.GetAsync(proxy.Url);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        await AssertErrorAsync(response, "upstream_timeout");
    }

    [Fact]
    public async Task Untrusted_certificate_of_the_application_is_reported_with_its_reason()
    {
        using var certificate = Authority.IssueCertificate().ToCertificate();
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync, certificate: certificate);
        using var log = new LogCapture();
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, new Uri($"https://localhost:{upstream.Url.Port}"), adjust: builder => builder.Logging.AddProvider(log));
        using var client = RunningProxy.Client();

        for (var i = 0; i < 3; i++)
        {
            using var response = await client.GetAsync(proxy.Url);

            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            await AssertErrorAsync(response, "upstream_untrusted");
        }

        var upstreamStatus = (await proxy.StatusAsync()).GetProperty("proxy").GetProperty("upstream");
        Assert.StartsWith("upstream_untrusted: ", upstreamStatus.GetProperty("last_error").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, await proxy.MetricAsync("tls_proxy_upstream_errors_total{reason=\"upstream_untrusted\"}"));
        var line = Assert.Single(log.Of<TlsProxy.Forwarding.UpstreamErrors>("CertificateRejected"));
        Assert.Contains("PartialChain", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Application_that_closes_before_its_response_is_502()
    {
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        using var response = await client.PostAsync(proxy.Url, new StringContent("once"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await AssertErrorAsync(response, "upstream_broken");
    }

    [Fact]
    public async Task Response_that_ends_too_early_does_not_look_complete()
    {
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(proxy.Url));
    }

    [Fact]
    public async Task Requests_over_the_limit_in_flight_are_503_with_Retry_After()
    {
        var release = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(_ => release.Task);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Limits:RequestsInFlight=1"]);
        using var client = RunningProxy.Client();
        var first = client.GetAsync(proxy.Url);
        await Eventually.AssertAsync(
            async () => await proxy.MetricAsync("tls_proxy_requests_in_flight") == 1, "the first one is on its way");

        using var second = await client.GetAsync(proxy.Url);
        release.SetResult();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, second.StatusCode);
        Assert.NotNull(second.Headers.RetryAfter);
        await AssertErrorAsync(second, "overloaded");
        using var answered = await first;
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Theory]
    [InlineData("1.1", false)]
    [InlineData("1.1", true)]
    [InlineData("2.0", false)]
    [InlineData("2.0", true)]
    public async Task Body_over_the_limit_is_413(string version, bool chunked)
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Limits:BodyBytes=1000"]);
        using var client = RunningProxy.Client(Version.Parse(version));
        using var request = new HttpRequestMessage(HttpMethod.Post, proxy.Url) { Content = new ByteArrayContent(new byte[1001]) };
        request.Headers.TransferEncodingChunked = chunked && version == "1.1";
        if (chunked)
        {
            request.Content = new StreamContent(new UnknownLength(new byte[1001]));
        }

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        await AssertErrorAsync(response, "bad_request_body");
    }

    [Fact]
    public async Task Egress_token_replaces_the_clients_token_and_follows_its_file()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "first\n");
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, [$"--Upstream:TokenFile={file}"]);
        using var client = RunningProxy.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "forged");

        var seen = await client.GetStringAsync(proxy.Url);
        Assert.Contains("Authorization: Bearer first\n", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", seen, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "second");
        await Eventually.AssertAsync(async () => (await client.GetStringAsync(proxy.Url)).Contains("Authorization: Bearer second\n", StringComparison.Ordinal), "the new token");

        await File.WriteAllTextAsync(file, "");
        await Eventually.AssertAsync(async () =>
        {
            Assert.Contains("Authorization: Bearer second\n", await client.GetStringAsync(proxy.Url), StringComparison.Ordinal);
            return (await proxy.StatusAsync()).GetProperty("problems").GetArrayLength() == 1;
        }, "the problem is withLength");
    }

    [Fact]
    public async Task CONNECT_and_TRACE_are_rejected()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        using var response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Trace, proxy.Url));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    private static async Task AssertErrorAsync(HttpResponseMessage response, string error)
    {
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(error, json.RootElement.GetProperty("error").GetString());
        Assert.Equal(Assert.Single(response.Headers.GetValues("X-Request-Id")), json.RootElement.GetProperty("request_id").GetString());
        Assert.DoesNotContain("   at ", json.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    private sealed class UnknownLength(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
