using System.Text.Json;
using TlsProxy.Listeners;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Listeners;

public sealed class SocketCompletionsTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    [Theory]
    [InlineData("inline", "http://127.0.0.1:1")]
    [InlineData("pool", "https://127.0.0.1:1")]
    [InlineData("pool", "http://127.0.0.1:1", "--Upstream:Protocol=h2c")]
    [InlineData("pool", "http://127.0.0.1:1", "--Upstream:Metadata:Fault.AbortPercent=1")]
    [InlineData("pool", "http://127.0.0.1:1", "--ReverseProxy:Routes:all:ClusterId=one", "--ReverseProxy:Routes:all:Match:Path={**all}", "--ReverseProxy:Clusters:one:Destinations:a:Address=http://127.0.0.1:1")]
    public async Task Completions_are_inline_only_where_nothing_blocks(string expected, string upstream, params string[] args)
    {
        await using var proxy = await ProxyProcess.StartAsync(_volume.Path, new Uri(upstream), args);

        Assert.Equal(expected, await ReadModeAsync(proxy));
    }

    [Fact]
    public async Task Environment_variable_overrides_the_selected_mode()
    {
        await using var proxy = await ProxyProcess.StartAsync(
            _volume.Path, new Uri("http://127.0.0.1:1"), [], new() { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "0" });

        Assert.Equal("pool", await ReadModeAsync(proxy));
    }

    [Fact]
    public void In_process_tests_run_with_the_default_socket_mode() => Assert.True(SocketCompletions.AreInline);

    private static async Task<string?> ReadModeAsync(ProxyProcess proxy)
    {
        using var http = new HttpClient();
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri(proxy.Management!, "/statusz")));
        return status.RootElement.GetProperty("proxy").GetProperty("socket_completions").GetString();
    }
}
