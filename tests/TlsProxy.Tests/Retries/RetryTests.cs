using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using TlsProxy.Retries;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Retries;

public sealed class RetryTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);
    private readonly RouteFile _routes = new();

    public void Dispose()
    {
        _volume.Dispose();
        _routes.Dispose();
    }

    [Fact]
    public async Task Request_that_was_never_sent_goes_to_another_destination()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        _routes.Write(null, ("app", [DeadUrl(), upstream.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();

        for (var i = 0; i < 5; i++)
        {
            Assert.StartsWith("GET /\n", await client.GetStringAsync(proxy.Url), StringComparison.Ordinal);
            using var answer = await client.PostAsync(proxy.Url, new StringContent($"body {i}"));
            Assert.EndsWith($"\n\nbody {i}", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.InRange(await proxy.MetricAsync("tls_proxy_retries_total{reason=\"connect\"}"), 1, 10);
    }

    // Simulates dropped packets: the connection is neither accepted nor rejected.
    [Fact]
    public async Task Destination_that_accepts_no_connection_is_left_after_the_connect_timeout()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        var waiting = new List<Socket>();
        for (var i = 0; i < 4; i++)
        {
            // No connection is accepted, and the backlog has room for one.
            var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _ = one.ConnectAsync(full.LocalEndPoint!).ContinueWith(t => t.Exception, TaskScheduler.Default);
            waiting.Add(one);
        }

        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        var silent = new Uri($"http://127.0.0.1:{((IPEndPoint)full.LocalEndPoint!).Port}");
        _routes.Write(null, ("app", [silent, upstream.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path, "--Upstream:ConnectTimeoutSeconds=1");
        await using var alone = await RunningProxy.StartAsync(_volume.Path, silent, ["--Upstream:ConnectTimeoutSeconds=1"]);
        using var client = RunningProxy.Client();

        for (var i = 0; i < 2; i++)
        {
            using var answer = await client.PostAsync(proxy.Url, new StringContent($"body {i}"));
            Assert.EndsWith($"\n\nbody {i}", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_retries_total{reason=\"connect\"}"));
        using var none = await client.GetAsync(alone.Url);
        Assert.Equal(HttpStatusCode.BadGateway, none.StatusCode);
        Assert.Contains("upstream_unreachable", await none.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        waiting.ForEach(one => one.Dispose());
    }

    [Theory]
    [InlineData("GET", 200, 3)]
    [InlineData("DELETE", 200, 3)]
    [InlineData("POST", 503, 1)]
    public async Task Failure_status_is_retried_for_idempotent_requests_only(string method, int status, int calls)
    {
        var seen = 0;
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            var call = Interlocked.Increment(ref seen);
            context.Response.StatusCode = call < 3 ? 503 : 200;
            context.Response.Headers.Append("X-Call", $"{call}");
            return context.Response.WriteAsync($"call {call}");
        });
        _routes.Write(new() { ["Retry.Attempts"] = "2", ["Retry.StatusCodes"] = "502,503" }, ("app", [upstream.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), proxy.Url);

        using var answer = await client.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal($"call {calls}", await answer.Content.ReadAsStringAsync());
        Assert.Equal([$"{calls}"], answer.Headers.GetValues("X-Call"));
        Assert.Equal(calls, seen);
    }

    [Fact]
    public async Task Request_with_a_consumed_body_is_not_retried()
    {
        var seen = 0;
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            if (Interlocked.Increment(ref seen) % 2 == 1)
            {
                context.Abort();
                return;
            }

            await context.Response.WriteAsync("second");
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Upstream:Metadata:Retry.Attempts=2"]);
        using var client = RunningProxy.Client();

        Assert.Equal("second", await client.GetStringAsync(proxy.Url));
        Assert.Equal(2, seen);
        using var put = await client.PutAsync(proxy.Url, new StringContent("body"));

        Assert.Equal(HttpStatusCode.BadGateway, put.StatusCode);
        Assert.Equal(3, seen);
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_retries_total{reason=\"broken\"}"));
    }

    [Fact]
    public async Task Retry_budget_limits_the_additional_load_when_everything_fails()
    {
        const int requests = 200;
        var seen = 0;
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            Interlocked.Increment(ref seen);
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("the application's own words");
        });
        _routes.Write(new() { ["Retry.Attempts"] = "5", ["Retry.StatusCodes"] = "503" }, ("app", [upstream.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();

        for (var i = 0; i < requests; i++)
        {
            using var answer = await client.GetAsync(proxy.Url);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal("the application's own words", await answer.Content.ReadAsStringAsync());
        }

        Assert.InRange(seen, requests + RetryBudget.MaximumBalance, requests + RetryBudget.MaximumBalance + (requests / 5));
        Assert.True(await proxy.MetricAsync("tls_proxy_retries_total{reason=\"over_budget\"}") > 0);
    }

    [Fact]
    public async Task Failure_status_is_not_retried_without_configuration()
    {
        var seen = 0;
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            Interlocked.Increment(ref seen);
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        _routes.Write(null, ("app", [upstream.Url, upstream.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();

        using var answer = await client.GetAsync(proxy.Url);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(1, seen);
    }

    [Fact]
    public async Task Client_that_disconnects_between_two_attempts_is_499()
    {
        // The pause after the seventh attempt is at least 0.8 s, enough for the client to disconnect.
        const int tries = 7;
        var seen = 0;
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            Interlocked.Increment(ref seen);
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, upstream.Url, ["--Upstream:Metadata:Retry.Attempts=10", "--Upstream:Metadata:Retry.StatusCodes=503"]);
        using var client = RunningProxy.Client();
        using var leaving = new CancellationTokenSource();
        var answer = client.GetAsync(proxy.Url, leaving.Token);
        await Eventually.AssertAsync(() => Volatile.Read(ref seen) >= tries, "the seventh try");
        await Eventually.AssertAsync(
            async () => await proxy.MetricAsync("tls_proxy_retries_total{reason=\"status\"}") >= tries, "the pause after it");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await Eventually.AssertAsync(async () => (await proxy.MetricsAsync()).Contains("tls_proxy_requests_total{", StringComparison.Ordinal), "the request is counted");
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_requests_total{code=\"499\",method=\"GET\"}"));
        Assert.InRange(seen, tries, 10);
    }

    private static Uri DeadUrl() => new($"http://127.0.0.1:{FreePort.FindUnused()}");
}
