using System.Text.Json;

namespace TlsProxy.Tests.Support;

/// <summary>The proxy as a separate process, with real signals.</summary>
internal sealed class ProxyProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private ProxyProcess(ChildProcess process) => _process = process;

    public int Port { get; private set; }

    public Uri Url => new($"https://localhost:{Port}");

    public Uri Management { get; private set; } = null!;

    public int Pid => _process.Id;

    public IReadOnlyList<string> Output => _process.Output;

    public static Task<ProxyProcess> StartAsync(string directory, Uri upstream, params string[] args) =>
        StartAsync(directory, upstream, args, environment: null);

    public static async Task<ProxyProcess> StartAsync(
        string directory, Uri upstream, string[] args, Dictionary<string, string?>? environment)
    {
        // The process selects its own socket mode, independent of the mode of the test process.
        var variables = new Dictionary<string, string?>
        {
            ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = null,
            ["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = null,
        };
        foreach (var (name, value) in environment ?? [])
        {
            variables[name] = value;
        }

        string[] arguments =
        [
            "--Https:Port=0", "--Http:Port=-1", "--Management:Port=0", "--Listen:Address=localhost",
            $"--Tls:Directory={directory}", $"--Upstream:Url={upstream}", .. args,
        ];
        var proxy = new ProxyProcess(ChildProcess.DotNet(Path.Combine(AppContext.BaseDirectory, "TlsProxy.dll"), arguments, variables));
        await Eventually.AssertAsync(
            () => proxy.TryFindManagement() || proxy._process.HasExited, () => $"the management port is known: {proxy._process.DescribeOutput()}");
        await Eventually.AssertAsync(proxy.TryFindPortAsync, () => $"the proxy listens: {proxy._process.DescribeOutput()}");
        return proxy;
    }

    public void Terminate() => _process.Terminate();

    public Task<int> WaitForExitAsync() => _process.WaitForExitAsync(TimeSpan.FromSeconds(90));

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private bool TryFindManagement()
    {
        var line = Output.FirstOrDefault(l =>
            l.Contains("\"port\":", StringComparison.Ordinal) && l.Contains("ManagementServer", StringComparison.Ordinal));
        if (line is null)
        {
            return false;
        }

        using var json = JsonDocument.Parse(line);
        Management = new Uri($"http://localhost:{json.RootElement.GetProperty("port").GetInt32()}");
        return true;
    }

    private async Task<bool> TryFindPortAsync()
    {
        Assert.False(_process.HasExited, _process.DescribeOutput());
        using var client = new HttpClient();
        using var ready = await client.GetAsync(new Uri(Management, "/readyz"));
        if (!ready.IsSuccessStatusCode)
        {
            return false;
        }

        using var status = JsonDocument.Parse(await client.GetStringAsync(new Uri(Management, "/statusz")));
        Port = status.RootElement.GetProperty("proxy").GetProperty("https_port").GetInt32();
        return Port != 0;
    }
}
