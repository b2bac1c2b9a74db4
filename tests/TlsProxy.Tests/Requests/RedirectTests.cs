using System.Net;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Requests;

public sealed class RedirectTests : IDisposable
{
    private static readonly TestCertificates Authority = new();
    private readonly SecretVolume _volume = new(Authority.Issue().Files);

    public void Dispose() => _volume.Dispose();

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Plain_HTTP_is_sent_to_the_same_address_over_TLS(string method)
    {
        await using var proxy = await RunningProxy.StartAsync(_volume.Directory, new Uri("http://127.0.0.1:1"));
        using var client = RunningProxy.Client();

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"http://localhost:{proxy.HttpPort}/a%20b/c?d=e%2F"));

        Assert.Equal(HttpStatusCode.PermanentRedirect, response.StatusCode);
        Assert.Equal($"https://localhost:{proxy.Port}/a%20b/c?d=e%2F", response.Headers.Location!.OriginalString);
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData("GET", 301)]
    [InlineData("HEAD", 301)]
    [InlineData("POST", 308)]
    public async Task GET_and_HEAD_are_moved_permanently_if_that_is_asked_for(string method, int status)
    {
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Directory, new Uri("http://127.0.0.1:1"), ["--Http:MovedPermanently=true", "--Http:RedirectToPort=443"]);
        using var client = RunningProxy.Client();

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"http://localhost:{proxy.HttpPort}/"));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("https://localhost/", response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task The_plain_port_can_be_left_closed()
    {
        await using var proxy = await RunningProxy.StartAsync(_volume.Directory, new Uri("http://127.0.0.1:1"), ["--Http:Port=-1"]);

        Assert.Equal(0, proxy.HttpPort);
    }
}
