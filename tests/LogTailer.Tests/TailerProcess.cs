using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LogTailer.Tests;

/// <summary>The real program as a child process: its stdout, its diagnostics, its management port, its signals.</summary>
internal sealed class TailerProcess : IAsyncDisposable
{
    private readonly HttpClient _client = new();

    private TailerProcess(ChildProcess process) => Process = process;

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "LogTailer.dll");

    public ChildProcess Process { get; }

    /// <summary>The lines written to stdout.</summary>
    public IReadOnlyList<string> Lines => Process.Output;

    /// <summary>The lines written to stderr.</summary>
    public IReadOnlyList<string> Diagnostics => Process.Errors;

    public static TailerProcess Start(string logFile, params string[] arguments)
        => Start(logFile, leavesOutputUnread: false, runner: [], arguments);

    public static TailerProcess StartWithUnreadOutput(string logFile, params string[] arguments)
        => Start(logFile, leavesOutputUnread: true, runner: [], arguments);

    /// <summary>Starts the program through another one, such as <c>setpriv --reuid=65534</c>.</summary>
    public static TailerProcess StartThrough(string[] runner, string logFile, params string[] arguments)
        => Start(logFile, leavesOutputUnread: false, runner, arguments);

    /// <summary>Waits until exactly these lines were written to stdout.</summary>
    public async Task AssertOutputAsync(params string[] lines)
    {
        await WaitForOutputAsync(lines.Length);
        Assert.Equal(lines, Lines);
    }

    /// <summary>Waits until at least <paramref name="count"/> lines were written to stdout.</summary>
    public Task WaitForOutputAsync(int count)
        => Eventually.AssertAsync(() => Process.OutputCount >= count, () => $"{Process.OutputCount} of {count} lines. {this}");

    /// <summary>Waits until a diagnostic line contains <paramref name="text"/>.</summary>
    public Task WaitForDiagnosticAsync(string text)
        => Eventually.AssertAsync(
            () => Diagnostics.Any(line => line.Contains(text, StringComparison.Ordinal)), () => $"No '{text}'. {this}");

    public async Task<JsonObject> GetStatusAsync()
        => JsonNode.Parse(await _client.GetStringAsync(new Uri(await GetManagementUrlAsync(), "/statusz")))!.AsObject();

    /// <summary>The open problems in <c>/statusz</c>, as JSON.</summary>
    public async Task<string> GetProblemsAsync() => (await GetStatusAsync())["problems"]!.ToJsonString();

    public async Task<string> GetMetricsAsync() => await _client.GetStringAsync(new Uri(await GetManagementUrlAsync(), "/metrics"));

    public async Task<int> ProbeAsync(string path)
    {
        using var response = await _client.GetAsync(new Uri(await GetManagementUrlAsync(), path));
        return (int)response.StatusCode;
    }

    /// <summary>The sum of all series of a metric, or the value of one series when its labels are included; NaN without any.</summary>
    public async Task<double> ReadMetricAsync(string name) => MetricsPage.SumSeries(await GetMetricsAsync(), name);

    public Task<int> TerminateAsync() => Process.TerminateAsync();

    public Task<int> KillAsync() => Process.KillAsync();

    public Task<int> WaitForExitAsync() => Process.WaitForExitAsync();

    public override string ToString() => string.Join('\n', Diagnostics.TakeLast(20));

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _client.Dispose();
    }

    private static TailerProcess Start(string logFile, bool leavesOutputUnread, string[] runner, string[] arguments)
    {
        var verb = arguments.TakeWhile(argument => !argument.StartsWith('-')).ToArray();
        string[] command =
            [.. runner, "dotnet", Program, .. verb, "--Management:Port=0", "--Listen:Address=localhost", .. arguments.Skip(verb.Length)];

        return new TailerProcess(ChildProcess.Start(command[0], command.Skip(1), new ChildProcessOptions
        {
            Environment = new Dictionary<string, string?> { ["LOG_FILE"] = logFile, ["CONFIG_FILE"] = null },
            OutputEncoding = Encoding.Latin1,
            LeavesOutputUnread = leavesOutputUnread,
        }));
    }

    private async Task<Uri> GetManagementUrlAsync()
    {
        Uri? url = null;
        await Eventually.AssertAsync(
            () => (url = FindManagementUrl()) is not null || Process.HasExited, () => $"No port is logged. {this}");
        return url ?? throw new InvalidOperationException($"The process has exited. {this}");
    }

    private Uri? FindManagementUrl()
    {
        var line = Diagnostics.Concat(Lines).FirstOrDefault(line => line.Contains("\"event\":\"Listening\"", StringComparison.Ordinal));
        return line is null ? null : new Uri($"http://localhost:{JsonDocument.Parse(line).RootElement.GetProperty("port").GetInt32()}");
    }
}
