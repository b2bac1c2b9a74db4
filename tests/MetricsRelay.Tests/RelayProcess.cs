using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace MetricsRelay.Tests;

/// <summary>The relay as a process of its own, on a free port.</summary>
internal sealed class RelayProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;

    private RelayProcess(Process process) => _process = process;

    public HttpClient Client { get; private set; } = null!;

    public int Port { get; private set; }

    public int Id => _process.Id;

    public string Output => string.Join('\n', _lines);

    public static string Assembly => typeof(MetricsRelayOptions).Assembly.Location;

    public static async Task<RelayProcess> StartAsync(params string[] flags)
    {
        var relay = new RelayProcess(Start([.. flags, "--Management:Port=0", "--Listen:Address=127.0.0.1"]));
        relay._process.OutputDataReceived += (_, line) => relay.Take(line.Data);
        relay._process.ErrorDataReceived += (_, line) => relay.Take(line.Data);
        relay._process.BeginOutputReadLine();
        relay._process.BeginErrorReadLine();
        await Eventually.GetsAsync(
            () => Task.FromResult(relay.Port),
            port => port > 0 || relay._process.HasExited,
            _ => relay.Output);
        Assert.False(relay._process.HasExited, relay.Output);
        relay.Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{relay.Port}") };
        return relay;
    }

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        return Process.Start(start)!;
    }

    public Task<string> GetAsync(string path) => Client.GetStringAsync(new Uri(path, UriKind.Relative));

    /// <summary>Asks until the answer has the text: an answer waits for a target only so long, and this machine may be busy.</summary>
    public Task<string> GetsAsync(string path, string text) => Eventually.GetsAsync(
        () => GetAsync(path), answer => answer.Contains(text, StringComparison.Ordinal));

    public void Kill() => _process.Kill();

    /// <returns>The exit code.</returns>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        Client?.Dispose();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        if (Port == 0 && line.Contains("\"event\":\"Listening\"", StringComparison.Ordinal))
        {
            using var json = JsonDocument.Parse(line);
            Port = json.RootElement.GetProperty("port").GetInt32();
        }
    }
}
