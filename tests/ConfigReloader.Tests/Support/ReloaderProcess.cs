using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ConfigReloader.Tests.Support;

/// <summary>The program itself, as a container runs it.</summary>
internal sealed partial class ReloaderProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _client = new();
    private readonly List<string> _lines = [];

    private ReloaderProcess(Process process)
    {
        _process = process;
        DataReceivedEventHandler take = (_, line) =>
        {
            lock (_lines)
            {
                if (line.Data is not null)
                {
                    _lines.Add(line.Data);
                }
            }
        };
        _process.OutputDataReceived += take;
        _process.ErrorDataReceived += take;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public int Port { get; private set; }

    public Uri StatusUrl => new($"http://127.0.0.1:{Port}/statusz");

    public string Output
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Starts it and waits until its management port answers.</summary>
    public static async Task<ReloaderProcess> ServeAsync(params string[] flags)
    {
        var process = Start([.. flags, "--Management:Port=0", "--Listen:Address=localhost"]);
        await Eventually.TrueAsync(
            () =>
            {
                Assert.False(process._process.HasExited, process.Output);
                var match = ListeningLine().Match(process.Output);
                process.Port = match.Success ? int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 0;
                return match.Success;
            },
            "the management port");
        return process;
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(IDictionary<string, string>? environment, params string[] flags)
    {
        await using var process = Start(flags, environment);
        await process._process.WaitForExitAsync();
        return (process._process.ExitCode, process.Output);
    }

    public async Task<JsonNode> StatusAsync() => JsonNode.Parse(await _client.GetStringAsync(StatusUrl))!;

    public Task<string> GetAsync(string path) => _client.GetStringAsync(new Uri($"http://127.0.0.1:{Port}{path}"));

    public Task<HttpResponseMessage> ReloadAsync() => _client.PostAsync(new Uri($"http://127.0.0.1:{Port}/-/reload"), null);

    /// <summary>Sends SIGTERM and returns the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        Assert.Equal(0, Kill(_process.Id, 15));
        await _process.WaitForExitAsync();
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
        _client.Dispose();
    }

    private static ReloaderProcess Start(string[] flags, IDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && path.EndsWith("dotnet", StringComparison.Ordinal) ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "ConfigReloader.dll"));
        foreach (var flag in flags)
        {
            start.ArgumentList.Add(flag);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new ReloaderProcess(Process.Start(start)!);
    }

    [GeneratedRegex("Management port ([0-9]+): listening")]
    private static partial Regex ListeningLine();

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int processId, int signalNumber);
}
