using System.Net;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Pipeline;

public sealed class RedirectTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Plain_HTTP_is_redirected_to_the_same_address_over_TLS(string method)
    {
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, new Uri("http://127.0.0.1:1"));
        using var client = RunningProxy.Client();

        using var response = await client.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), $"http://localhost:{proxy.HttpPort}/a%20b/c?d=e%2F"));

        Assert.Equal(HttpStatusCode.PermanentRedirect, response.StatusCode);
        Assert.Equal($"https://localhost:{proxy.Port}/a%20b/c?d=e%2F", response.Headers.Location!.OriginalString);
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData("GET", 301)]
    [InlineData("HEAD", 301)]
    [InlineData("POST", 308)]
    public async Task GET_and_HEAD_are_301_when_configured(string method, int status)
    {
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, new Uri("http://127.0.0.1:1"), ["--Http:MovedPermanently=true", "--Http:RedirectToPort=443"]);
        using var client = RunningProxy.Client();

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"http://localhost:{proxy.HttpPort}/"));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("https://localhost/", response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Plain_port_can_be_disabled()
    {
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, new Uri("http://127.0.0.1:1"), ["--Http:Port=-1"]);

        Assert.Equal(0, proxy.HttpPort);
    }
}
