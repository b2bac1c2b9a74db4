using System.Net;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Canary;

public sealed class CanaryTests : IAsyncLifetime, IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);
    private readonly RouteFile _routes = new();
    private TestUpstream _stable = null!;
    private TestUpstream _canary = null!;

    public async Task InitializeAsync()
    {
        _stable = await TestUpstream.StartAsync(context => context.Response.WriteAsync("stable"));
        _canary = await TestUpstream.StartAsync(context => context.Response.WriteAsync("canary"));
    }

    public async Task DisposeAsync()
    {
        await _stable.DisposeAsync();
        await _canary.DisposeAsync();
    }

    public void Dispose()
    {
        _volume.Dispose();
        _routes.Dispose();
    }

    [Fact]
    public async Task Canary_receives_its_share_and_a_reload_changes_the_share()
    {
        Write(new() { ["Canary.Cluster"] = "next", ["Canary.Percent"] = "30" });
        await using var proxy = await _routes.StartAsync(_volume.Path);

        // Six standard deviations around the mean.
        Assert.InRange(await CountAsync(proxy, 400), 65, 175);
        Assert.Equal(
            400,
            await proxy.MetricAsync("tls_proxy_canary_requests_total{cluster=\"next\",route=\"all\"}") + await proxy.MetricAsync(
                "tls_proxy_canary_requests_total{cluster=\"app\",route=\"all\"}"));

        Write(new() { ["Canary.Cluster"] = "next", ["Canary.Percent"] = "100" });
        using var management = new HttpClient();
        using var applied = await management.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.OK, applied.StatusCode);
        await Eventually.AssertAsync(async () => await CountAsync(proxy, 5) == 5, "all go to the canary");
    }

    [Theory]
    [InlineData(0, null, "always", "canary")]
    [InlineData(100, null, "never", "stable")]
    [InlineData(100, null, "perhaps", "canary")]
    [InlineData(0, "yes", "yes", "canary")]
    [InlineData(0, "yes", "no", "stable")]
    public async Task Canary_header_decides_for_requests_that_carry_it(int percent, string? wanted, string sent, string answer)
    {
        var metadata = new Dictionary<string, string> { ["Canary.Cluster"] = "next", ["Canary.Percent"] = $"{percent}", ["Canary.Header"] = "X-Canary" };
        if (wanted is not null)
        {
            metadata["Canary.HeaderValue"] = wanted;
        }

        Write(metadata);
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();
        client.DefaultRequestHeaders.Add("X-Canary", sent);

        Assert.Equal(answer, await client.GetStringAsync(proxy.Url));
    }

    [Fact]
    public async Task Canary_without_a_destination_receives_no_requests()
    {
        _routes.Write(new() { ["Canary.Cluster"] = "next", ["Canary.Percent"] = "100" }, ("app", [_stable.Url]), ("next", []));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();

        Assert.Equal("stable", await client.GetStringAsync(proxy.Url));
    }

    private void Write(Dictionary<string, string> metadata) => _routes.Write(metadata, ("app", [_stable.Url]), ("next", [_canary.Url]));

    private static async Task<int> CountAsync(RunningProxy proxy, int requests)
    {
        using var client = RunningProxy.Client();
        var canary = 0;
        for (var i = 0; i < requests; i++)
        {
            canary += await client.GetStringAsync(proxy.Url) == "canary" ? 1 : 0;
        }

        return canary;
    }
}
