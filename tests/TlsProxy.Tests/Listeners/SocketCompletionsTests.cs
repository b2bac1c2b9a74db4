using System.Text.Json;
using TlsProxy.Listeners;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Listeners;

public sealed class SocketCompletionsTests : IDisposable
{
    private static readonly TestCertificates Authority = new();
    private readonly SecretVolume _volume = new(Authority.Issue().Files);

    public void Dispose() => _volume.Dispose();

    [Theory]
    [InlineData("inline", "http://127.0.0.1:1")]
    [InlineData("pool", "https://127.0.0.1:1")]
    [InlineData("pool", "http://127.0.0.1:1", "--Upstream:Protocol=h2c")]
    [InlineData("pool", "http://127.0.0.1:1", "--Upstream:Metadata:Fault.AbortPercent=1")]
    [InlineData("pool", "http://127.0.0.1:1", "--ReverseProxy:Routes:all:ClusterId=one", "--ReverseProxy:Routes:all:Match:Path={**all}", "--ReverseProxy:Clusters:one:Destinations:a:Address=http://127.0.0.1:1")]
    public async Task They_are_inline_only_where_nothing_blocks_and_statusz_says_so(string expected, string upstream, params string[] args)
    {
        await using var proxy = await ProxyProcess.StartAsync(_volume.Directory, new Uri(upstream), args);

        Assert.Equal(expected, await ChoiceAsync(proxy));
    }

    [Fact]
    public async Task The_environment_has_the_last_word()
    {
        await using var proxy = await ProxyProcess.StartAsync(
            _volume.Directory, new Uri("http://127.0.0.1:1"), [], new() { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "0" });

        Assert.Equal("pool", await ChoiceAsync(proxy));
    }

    [Fact]
    public void The_proxies_of_the_other_tests_run_in_the_mode_that_is_shipped() => Assert.True(SocketCompletions.AreInline);

    private static async Task<string?> ChoiceAsync(ProxyProcess proxy)
    {
        using var http = new HttpClient();
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri(proxy.Management!, "/statusz")));
        return status.RootElement.GetProperty("proxy").GetProperty("socket_completions").GetString();
    }
}
