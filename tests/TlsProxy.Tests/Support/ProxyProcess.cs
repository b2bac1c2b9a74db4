using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace TlsProxy.Tests.Support;

/// <summary>The proxy as a process of its own, with real signals.</summary>
internal sealed class ProxyProcess : IAsyncDisposable
{
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ProxyProcess(Process process) => _process = process;

    public int Port { get; private set; }

    public Uri Url => new($"https://localhost:{Port}");

    public Uri Management { get; private set; } = null!;

    public int Pid => _process.Id;

    public IReadOnlyCollection<string> Output => _output;

    public static Task<ProxyProcess> StartAsync(string directory, Uri upstream, params string[] args) => StartAsync(directory, upstream, args, environment: null);

    public static async Task<ProxyProcess> StartAsync(string directory, Uri upstream, string[] args, Dictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "TlsProxy.dll"), "--Https:Port=0", "--Http:Port=-1", "--Management:Port=0", "--Listen:Address=localhost",
                $"--Tls:Directory={directory}", $"--Upstream:Url={upstream}",
            },
        };
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        // It chooses for itself, whatever was chosen for the tests' own process.
        start.Environment.Remove("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS");
        start.Environment.Remove("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT");
        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var proxy = new ProxyProcess(process);
        process.OutputDataReceived += (_, e) => proxy.Take(e.Data);
        process.ErrorDataReceived += (_, e) => proxy.Take(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.TrueAsync(() => proxy.Management is not null || process.HasExited, "the management port is known");
        await Eventually.TrueAsync(proxy.TryFindPortAsync, "the proxy listens: " + string.Join('\n', proxy.Output));
        return proxy;
    }

    public void Terminate() => Assert.Equal(0, Kill(_process.Id, SigTerm));

    public async Task<int> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        _output.Enqueue(line);
        if (Management is null && line.Contains("\"port\":", StringComparison.Ordinal) && line.Contains("ManagementServer", StringComparison.Ordinal))
        {
            using var json = JsonDocument.Parse(line);
            Management = new Uri($"http://localhost:{json.RootElement.GetProperty("port").GetInt32()}");
        }
    }

    private async Task<bool> TryFindPortAsync()
    {
        Assert.False(_process.HasExited, string.Join('\n', _output));
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

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}
