using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Mirroring;

public sealed class MirrorTests : IDisposable
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
    public async Task Mirror_receives_headers_and_body_and_the_client_the_original_response()
    {
        var copies = new ConcurrentQueue<string>();
        await using var app = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var shadow = await TestUpstream.StartAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            copies.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Headers["X-Mine"]} {context.Request.ContentType} {await body.ReadToEndAsync()}");
            context.Response.StatusCode = 500;
        });
        _routes.Write(new() { ["Mirror.Cluster"] = "shadow" }, ("app", [app.Url]), ("shadow", [shadow.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();
        client.DefaultRequestHeaders.Add("X-Mine", "kept");

        Assert.StartsWith("GET /a?b=c", await client.GetStringAsync(new Uri(proxy.Url, "/a?b=c")), StringComparison.Ordinal);
        using var posted = await client.PostAsync(new Uri(proxy.Url, "/p"), new StringContent("hello"));
        Assert.EndsWith("\n\nhello", await posted.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        await Eventually.AssertAsync(() => copies.Count == 2, "two copies");
        Assert.Contains("GET /a?b=c kept  ", copies);
        Assert.Contains("POST /p kept text/plain; charset=utf-8 hello", copies);
        await Eventually.AssertAsync(async () => await proxy.MetricAsync("tls_proxy_mirrored_total{outcome=\"sent\"}") == 2, "both count");
    }

    [Fact]
    public async Task Unresponsive_mirror_delays_no_client_and_drops_excess_copies()
    {
        var stuck = new TaskCompletionSource();
        var copies = 0;
        await using var app = await TestUpstream.StartAsync(context => context.Response.WriteAsync("done"));
        await using var shadow = await TestUpstream.StartAsync(async _ =>
        {
            Interlocked.Increment(ref copies);
            await stuck.Task;
        });
        _routes.Write(
            new() { ["Mirror.Cluster"] = "shadow", ["Mirror.TimeoutSeconds"] = "300" }, ("app", [app.Url]), ("shadow", [shadow.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();

        for (var i = 0; i < 120; i++)
        {
            Assert.Equal("done", await client.GetStringAsync(proxy.Url));
        }

        Assert.Equal(20, await proxy.MetricAsync("tls_proxy_mirrored_total{outcome=\"dropped\"}"));
        Assert.InRange(copies, 0, 100);
        stuck.SetResult();
    }

    [Fact]
    public async Task Body_over_the_mirror_limit_is_forwarded_but_not_copied()
    {
        var copies = 0;
        await using var app = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var shadow = await TestUpstream.StartAsync(_ =>
        {
            Interlocked.Increment(ref copies);
            return Task.CompletedTask;
        });
        _routes.Write(new() { ["Mirror.Cluster"] = "shadow", ["Mirror.BodyBytes"] = "100" }, ("app", [app.Url]), ("shadow", [shadow.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();
        var text = new string('x', 101);

        using var declared = await client.PostAsync(proxy.Url, new StringContent(text));
        Assert.EndsWith("\n\n" + text, await declared.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Post, proxy.Url) { Content = new StringContent(text) };
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await client.SendAsync(request);
        Assert.EndsWith("\n\n" + text, await chunked.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        Assert.Equal(2, await proxy.MetricAsync("tls_proxy_mirrored_total{outcome=\"too_large\"}"));
        Assert.Equal(0, copies);
    }
}
