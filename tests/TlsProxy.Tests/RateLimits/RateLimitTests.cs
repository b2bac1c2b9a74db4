using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using TlsProxy.RateLimits;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.RateLimits;

public sealed class RateLimitTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    [Fact]
    public async Task Client_over_its_rate_is_429_and_other_clients_are_served()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("done"));
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path,
            upstream.Url,
            ["--Upstream:Metadata:RateLimit.Requests=3", "--Upstream:Metadata:RateLimit.WindowSeconds=3600", "--Forwarded:TrustedNetworks=127.0.0.0/8"]);
        using var client = RunningProxy.Client();

        for (var i = 0; i < 3; i++)
        {
            using var served = await SendAsync("203.0.113.1");
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        }

        // An entry that the client adds before the trusted proxy's entry does not change its address.
        using var rejected = await SendAsync("198.51.100.7, 203.0.113.1");
        Assert.Equal(HttpStatusCode.TooManyRequests, rejected.StatusCode);
        Assert.InRange(rejected.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 1200);
        Assert.Contains("rate_limited", await rejected.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var other = await SendAsync("203.0.113.2");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_requests_refused_total{reason=\"rate_limited\"}"));

        async Task<HttpResponseMessage> SendAsync(string from)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
            request.Headers.Add("X-Forwarded-For", from);
            return await client.SendAsync(request);
        }
    }

    [Fact]
    public void Requests_become_available_one_by_one_with_an_exact_wait()
    {
        var time = new FakeTimeProvider();
        var limit = new ClientRateLimit(requests: 10, seconds: 1, burst: 2, byIdentity: false, time);
        var address = IPAddress.Parse("192.0.2.1");

        Assert.Null(limit.TryAcquire(address, null));
        Assert.Null(limit.TryAcquire(address, null));
        Assert.Equal(TimeSpan.FromMilliseconds(100), limit.TryAcquire(address, null));
        time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(TimeSpan.FromMilliseconds(1), limit.TryAcquire(address, null));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(limit.TryAcquire(address, null));
        Assert.NotNull(limit.TryAcquire(address, null));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(limit.TryAcquire(address, null));
        Assert.Null(limit.TryAcquire(address, null));
        Assert.NotNull(limit.TryAcquire(address, null));
    }

    [Fact]
    public void Addresses_of_one_IPv6_prefix_share_a_limit_and_identities_do_not()
    {
        var limit = new ClientRateLimit(requests: 1, seconds: 1, burst: 1, byIdentity: true, new FakeTimeProvider());

        Assert.Null(limit.TryAcquire(IPAddress.Parse("2001:db8::1"), null));
        Assert.NotNull(limit.TryAcquire(IPAddress.Parse("2001:db8::2"), null));
        Assert.Null(limit.TryAcquire(IPAddress.Parse("2001:db8:0:1::1"), null));
        Assert.Null(limit.TryAcquire(IPAddress.Parse("2001:db8::1"), "alice"));
        Assert.Null(limit.TryAcquire(IPAddress.Parse("2001:db8::1"), "bob"));
        Assert.NotNull(limit.TryAcquire(IPAddress.Parse("2001:db8::3"), "alice"));
    }

    [Fact]
    public void Number_of_tracked_clients_is_bounded_and_all_are_limited()
    {
        var time = new FakeTimeProvider();
        var limit = new ClientRateLimit(requests: 1, seconds: 1, burst: 1, byIdentity: true, time, maximum: 10);
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(limit.TryAcquire(null, $"client {i}"));
        }

        Assert.Null(limit.TryAcquire(null, "one more"));
        Assert.NotNull(limit.TryAcquire(null, "yet another"));

        time.Advance(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 5; i++)
        {
            Assert.Null(limit.TryAcquire(null, $"new {i}"));
        }
    }
}
