using System.Net;
using Microsoft.AspNetCore.Http;
using TlsProxy.RateLimits;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.RateLimits;

public sealed class RateLimitTests : IDisposable
{
    private static readonly TestCertificates Authority = new();
    private readonly SecretVolume _volume = new(Authority.Issue().Files);

    public void Dispose() => _volume.Dispose();

    [Fact]
    public async Task A_client_over_its_rate_is_429_with_Retry_After_and_another_is_served()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("done"));
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Directory,
            upstream.Url,
            ["--Upstream:Metadata:RateLimit.Requests=3", "--Upstream:Metadata:RateLimit.WindowSeconds=3600", "--Forwarded:TrustedNetworks=127.0.0.0/8"]);
        using var client = RunningProxy.Client();

        for (var i = 0; i < 3; i++)
        {
            using var served = await SendAsync("203.0.113.1");
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        }

        // What a client puts before the proxy's own word does not make it another.
        using var refused = await SendAsync("198.51.100.7, 203.0.113.1");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 1200);
        Assert.Contains("rate_limited", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
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
    public void Places_come_back_one_by_one_and_the_wait_is_told()
    {
        var time = new Clock();
        var limit = new RateLimit(requests: 10, seconds: 1, burst: 2, byIdentity: false, time);
        var address = IPAddress.Parse("192.0.2.1");

        Assert.Null(limit.Take(address, null));
        Assert.Null(limit.Take(address, null));
        Assert.Equal(TimeSpan.FromMilliseconds(100), limit.Take(address, null));
        time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(TimeSpan.FromMilliseconds(1), limit.Take(address, null));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(limit.Take(address, null));
        Assert.NotNull(limit.Take(address, null));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(limit.Take(address, null));
        Assert.Null(limit.Take(address, null));
        Assert.NotNull(limit.Take(address, null));
    }

    [Fact]
    public void Addresses_of_one_IPv6_subscriber_are_one_client_and_identities_are_told_apart()
    {
        var limit = new RateLimit(requests: 1, seconds: 1, burst: 1, byIdentity: true, new Clock());

        Assert.Null(limit.Take(IPAddress.Parse("2001:db8::1"), null));
        Assert.NotNull(limit.Take(IPAddress.Parse("2001:db8::2"), null));
        Assert.Null(limit.Take(IPAddress.Parse("2001:db8:0:1::1"), null));
        Assert.Null(limit.Take(IPAddress.Parse("2001:db8::1"), "alice"));
        Assert.Null(limit.Take(IPAddress.Parse("2001:db8::1"), "bob"));
        Assert.NotNull(limit.Take(IPAddress.Parse("2001:db8::3"), "alice"));
    }

    [Fact]
    public void However_many_clients_come_what_is_kept_is_bounded_and_they_are_still_limited()
    {
        var time = new Clock();
        var limit = new RateLimit(requests: 1, seconds: 1, burst: 1, byIdentity: true, time, maximum: 10);
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(limit.Take(null, $"client {i}"));
        }

        Assert.Null(limit.Take(null, "one more"));
        Assert.NotNull(limit.Take(null, "yet another"));

        time.Advance(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 5; i++)
        {
            Assert.Null(limit.Take(null, $"new {i}"));
        }
    }

    private sealed class Clock : TimeProvider
    {
        private long _ticks = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}
