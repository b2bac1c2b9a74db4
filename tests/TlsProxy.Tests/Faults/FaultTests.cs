using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Faults;

public sealed class FaultTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    [Fact]
    public async Task Share_of_the_requests_fails_without_reaching_the_application()
    {
        var seen = 0;
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            Interlocked.Increment(ref seen);
            return context.Response.WriteAsync("done");
        });
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, upstream.Url, ["--Upstream:Metadata:Fault.AbortPercent=50", "--Upstream:Metadata:Fault.AbortStatus=599"]);
        using var client = RunningProxy.Client();
        var failed = 0;
        for (var i = 0; i < 100; i++)
        {
            using var answer = await client.GetAsync(proxy.Url);
            failed += (int)answer.StatusCode == 599 ? 1 : 0;
        }

        // Five standard deviations around the mean.
        Assert.InRange(failed, 25, 75);
        Assert.Equal(100 - failed, seen);
        Assert.Equal(failed, await proxy.MetricAsync("tls_proxy_faults_total{kind=\"abort\"}"));
    }

    [Fact]
    public async Task Requests_are_delayed_where_a_route_configures_it()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("done"));
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, upstream.Url, ["--Upstream:Metadata:Fault.DelayMilliseconds=300"]);
        using var client = RunningProxy.Client();
        var started = Stopwatch.GetTimestamp();

        Assert.Equal("done", await client.GetStringAsync(proxy.Url));

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromMilliseconds(290), TimeSpan.FromMinutes(1));
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_faults_total{kind=\"delay\"}"));
    }

    [Fact]
    public async Task Client_that_disconnects_during_an_injected_delay_is_499()
    {
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, new Uri("http://127.0.0.1:1"), ["--Upstream:Metadata:Fault.DelayMilliseconds=600000"]);
        using var client = RunningProxy.Client();
        using var leaving = new CancellationTokenSource();
        var answer = client.GetAsync(proxy.Url, leaving.Token);
        await Eventually.AssertAsync(
            async () => await proxy.MetricAsync("tls_proxy_faults_total{kind=\"delay\"}") == 1, "the request is held");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await Eventually.AssertAsync(async () => (await proxy.MetricsAsync()).Contains("tls_proxy_requests_total{", StringComparison.Ordinal), "the request is counted");
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_requests_total{code=\"499\",method=\"GET\"}"));
    }
}
