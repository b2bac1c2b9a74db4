using System.Text.Json;
using System.Text.Json.Nodes;

namespace ConfigReloader.Tests.Support;

/// <summary>The config reloader as a process, as a container runs it.</summary>
internal sealed class ReloaderProcess : IAsyncDisposable
{
    /// <summary>Path of the program, for tests that start it in their own way.</summary>
    public static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ConfigReloader.dll");

    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    private ReloaderProcess(ChildProcess process, int port) =>
        (_process, _client) = (process, new HttpClient { BaseAddress = new Uri($"http://localhost:{port}") });

    public int Id => _process.Id;

    public Uri StatusUrl => new(_client.BaseAddress!, "/statusz");

    /// <summary>Starts it and waits until its management port listens.</summary>
    public static Task<ReloaderProcess> StartAsync(params string[] flags) => StartWithWrapperAsync([], flags);

    /// <summary>Starts it with a wrapper, such as <c>setpriv</c> with its arguments.</summary>
    public static async Task<ReloaderProcess> StartWithWrapperAsync(string[] wrapper, params string[] flags)
    {
        string[] command = [.. wrapper, "dotnet", Program, .. flags, "--Management:Port=0", "--Listen:Address=localhost"];
        var process = ChildProcess.Start(command[0], command[1..]);
        var line = await process.WaitForLineAsync("\"event\":\"Listening\"");
        using var json = JsonDocument.Parse(line);
        return new ReloaderProcess(process, json.RootElement.GetProperty("port").GetInt32());
    }

    /// <summary>Runs it until it exits.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(IReadOnlyDictionary<string, string?>? environment, params string[] flags) =>
        RunWithWrapperAsync([], environment, flags);

    /// <summary>Runs it with a wrapper until it exits.</summary>
    public static async Task<(int ExitCode, string Output)> RunWithWrapperAsync(
        string[] wrapper, IReadOnlyDictionary<string, string?>? environment, params string[] flags)
    {
        string[] command = [.. wrapper, "dotnet", Program, .. flags];
        await using var process = ChildProcess.Start(command[0], command[1..], environment);
        var exitCode = await process.WaitForExitAsync();
        return (exitCode, string.Join('\n', process.Lines));
    }

    public async Task<JsonNode> ReadStatusAsync() => JsonNode.Parse(await _client.GetStringAsync(StatusUrl))!;

    public Task<string> GetTextAsync(string path) => _client.GetStringAsync(new Uri(path, UriKind.Relative));

    public Task<HttpResponseMessage> ReloadAsync() => _client.PostAsync(new Uri("/-/reload", UriKind.Relative), null);

    /// <summary>Waits until the status shows this phase of a watch.</summary>
    public Task WaitForPhaseAsync(string watch, string phase) => Eventually.ReadAsync(
        async () => (await ReadStatusAsync())["watches"]?[watch],
        status => (string?)status?["phase"] == phase,
        status => $"phase of {watch} is not {phase}: {status}");

    /// <summary>Sends SIGTERM and returns the exit code.</summary>
    public Task<int> TerminateAsync() => _process.TerminateAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
    }
}
