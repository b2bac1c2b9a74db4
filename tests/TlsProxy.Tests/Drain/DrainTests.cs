using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Support;
using Xunit.Abstractions;

namespace TlsProxy.Tests.Drain;

/// <summary>SIGTERM to the real process.</summary>
[Collection(LoadTests.Name)]
public sealed class DrainTests(ITestOutputHelper output) : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    [Fact]
    public async Task SIGTERM_starts_the_delay_then_finishes_requests_in_flight_and_exits_0()
    {
        var release = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            if (context.Request.Path == "/slow")
            {
                started.TrySetResult();
                await release.Task;
            }

            await context.Response.WriteAsync("done");
        });
        await using var proxy = await ProxyProcess.StartAsync(
            _volume.Path, upstream.Url, "--Shutdown:DelaySeconds=2", "--Shutdown:GraceSeconds=30");
        using var slowClient = RunningProxy.Client();
        using var client = RunningProxy.Client();
        using var management = new HttpClient();
        var slow = slowClient.GetAsync(new Uri(proxy.Url, "/slow"));
        await started.Task;

        proxy.Terminate();

        await Eventually.AssertAsync(async () => await ReadyAsync(management, proxy) == HttpStatusCode.ServiceUnavailable, "not ready");
        Assert.Equal("done", await client.GetStringAsync(proxy.Url));
        await Eventually.AssertAsync(async () => !await AcceptsAsync(proxy), "the listener is closed");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadyAsync(management, proxy));
        release.SetResult();
        using var response = await slow;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.ConnectionClose);
        Assert.Equal("done", await response.Content.ReadAsStringAsync());
        Assert.Equal(0, await proxy.WaitForExitAsync());
        Assert.Contains(proxy.Output, line => line.Contains("\"path\":\"/slow\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Endless_request_is_aborted_when_the_grace_period_ends()
    {
        var started = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var proxy = await ProxyProcess.StartAsync(
            _volume.Path, upstream.Url, "--Shutdown:DelaySeconds=0", "--Shutdown:GraceSeconds=2");
        using var client = RunningProxy.Client();
        var stuck = client.GetAsync(proxy.Url);
        await started.Task;

        proxy.Terminate();

        await Assert.ThrowsAnyAsync<HttpRequestException>(async () => (await stuck).EnsureSuccessStatusCode());
        await proxy.WaitForExitAsync();
    }

    /// <summary>
    /// Runs <c>TLSPROXY_DRAIN_ROUNDS</c> rounds (default 10), four at a time. After
    /// <c>TLSPROXY_DRAIN_SECONDS</c> no further round starts.
    /// </summary>
    [Fact]
    public async Task Draining_under_load_fails_no_request_of_a_compliant_client()
    {
        var rounds = LoadTests.ReadSetting("TLSPROXY_DRAIN_ROUNDS", 10);
        var budget = TimeSpan.FromSeconds(LoadTests.ReadSetting("TLSPROXY_DRAIN_SECONDS", 3600));
        var started = Stopwatch.GetTimestamp();
        var (done, answered) = (0, 0);
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("done"));
        await Parallel.ForAsync(0, rounds, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, _) =>
        {
            if (Stopwatch.GetElapsedTime(started) > budget)
            {
                return;
            }

            await using var proxy = await ProxyProcess.StartAsync(
                _volume.Path, upstream.Url, "--Shutdown:DelaySeconds=1", "--AccessLog:Enabled=false");
            var load = new DrainAwareLoad(proxy.Url);
            var running = load.RunAsync(http1: 8, http2: 2);
            await Eventually.AssertAsync(() => load.Served > 200, "load");

            var asked = Stopwatch.GetTimestamp();
            proxy.Terminate();
            await running;

            Assert.Empty(load.Failures);
            // No connection is rejected during the delay, in which load balancers notice the shutdown; a timer may fire slightly early.
            Assert.InRange(Stopwatch.GetElapsedTime(asked, load.FirstFailedConnection), TimeSpan.FromSeconds(0.95), TimeSpan.MaxValue);
            Assert.Equal(0, await proxy.WaitForExitAsync());
            Interlocked.Increment(ref done);
            Interlocked.Add(ref answered, load.Served);
        });
        output.WriteLine($"{done} rounds with {answered} requests in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
        Assert.InRange(done, 1, rounds);
    }

    [Fact]
    public async Task Stopped_application_is_503_with_Retry_After_while_the_proxy_drains()
    {
        var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("done"));
        await using var proxy = await ProxyProcess.StartAsync(_volume.Path, upstream.Url, "--Shutdown:DelaySeconds=1");
        using var client = RunningProxy.Client();
        await client.GetStringAsync(proxy.Url);

        await upstream.DisposeAsync();
        for (var i = 0; i < 50; i++)
        {
            using var response = await client.GetAsync(proxy.Url);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
        }

        proxy.Terminate();
        Assert.Equal(0, await proxy.WaitForExitAsync());
    }

    // Requests in flight are lost with the application, and whether a POST was processed is unknown.
    [Fact]
    public async Task Stopping_application_under_load_is_503_and_never_502()
    {
        var upstream = await TestUpstream.StartAsync(async context =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
            await context.Response.WriteAsync("done");
        });
        await using var proxy = await ProxyProcess.StartAsync(
            _volume.Path, upstream.Url, "--Shutdown:DelaySeconds=1", "--AccessLog:Enabled=false");
        var answers = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 12).Select(i => Task.Run(async () =>
        {
            using var client = RunningProxy.Client(i % 3 == 0 ? HttpVersion.Version20 : HttpVersion.Version11);
            while (!stop.IsCancellationRequested)
            {
                using var request = new HttpRequestMessage(i % 2 == 0 ? HttpMethod.Get : HttpMethod.Post, proxy.Url)
                {
                    Version = client.DefaultRequestVersion,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    Content = i % 2 == 0 ? null : new StringContent("what?"),
                };
                try
                {
                    using var response = await client.SendAsync(request);
                    answers.Enqueue($"{(int)response.StatusCode} {response.Headers.RetryAfter}");
                }
                catch (HttpRequestException exception)
                {
                    answers.Enqueue($"{request.Method} {request.Version}: {exception.HttpRequestError}");
                }
            }
        })).ToList();
        await Eventually.AssertAsync(() => answers.Count > 200, "load");

        await upstream.DisposeAsync();
        await Eventually.AssertAsync(() => answers.Count(a => a == "503 1") > 200, "503s");
        await stop.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal(["200 ", "503 1"], answers.Distinct().Order());
    }

    private static async Task<HttpStatusCode> ReadyAsync(HttpClient client, ProxyProcess proxy)
    {
        using var response = await client.GetAsync(new Uri(proxy.Management, "/readyz"));
        return response.StatusCode;
    }

    private static async Task<bool> AcceptsAsync(ProxyProcess proxy)
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, proxy.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
