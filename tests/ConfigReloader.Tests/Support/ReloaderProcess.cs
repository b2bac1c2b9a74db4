using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TestKit;

namespace ConfigReloader.Tests.Support;

/// <summary>The program itself, as a container runs it.</summary>
internal sealed partial class ReloaderProcess : IAsyncDisposable
{
    /// <summary>Its path, for whoever starts it in a way of his own.</summary>
    public static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ConfigReloader.dll");

    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    private ReloaderProcess(ChildProcess process, int port) =>
        (_process, _client) = (process, new HttpClient { BaseAddress = new Uri($"http://localhost:{port}") });

    public int Id => _process.Id;

    public Uri StatusUrl => new(_client.BaseAddress!, "/statusz");

    /// <summary>Starts it and waits until its management port answers.</summary>
    public static Task<ReloaderProcess> ServeAsync(params string[] flags) => ServeByAsync([], flags);

    /// <summary>Starts it by way of another program, such as <c>setpriv</c> with its arguments.</summary>
    public static async Task<ReloaderProcess> ServeByAsync(string[] by, params string[] flags)
    {
        string[] command = [.. by, "dotnet", Program, .. flags, "--Management:Port=0", "--Listen:Address=localhost"];
        var process = ChildProcess.Start(command[0], command[1..]);
        await process.SaysAsync("Management port");
        var port = process.Output.Select(line => ListeningLine().Match(line)).First(match => match.Success).Groups[1].Value;
        return new ReloaderProcess(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    /// <summary>Runs it to its end.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(IReadOnlyDictionary<string, string?>? environment, params string[] flags) =>
        RunByAsync([], environment, flags);

    /// <summary>Runs it to its end by way of another program.</summary>
    public static async Task<(int ExitCode, string Output)> RunByAsync(string[] by, IReadOnlyDictionary<string, string?>? environment, params string[] flags)
    {
        string[] command = [.. by, "dotnet", Program, .. flags];
        await using var process = ChildProcess.Start(command[0], command[1..], environment);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', process.Output.Concat(process.Errors)));
    }

    public async Task<JsonNode> StatusAsync() => JsonNode.Parse(await _client.GetStringAsync(StatusUrl))!;

    public Task<string> GetAsync(string path) => _client.GetStringAsync(new Uri(path, UriKind.Relative));

    public Task<HttpResponseMessage> ReloadAsync() => _client.PostAsync(new Uri("/-/reload", UriKind.Relative), null);

    /// <summary>Waits until a watch is in a phase, as its status shows it.</summary>
    public Task PhaseAsync(string watch, string phase) => Eventually.HoldsAsync(
        async () => (string?)(await StatusAsync())["watches"]?[watch]?["phase"] == phase, () => $"{watch} {phase}");

    /// <summary>Sends SIGTERM and returns the exit code.</summary>
    public Task<int> TerminateAsync()
    {
        _process.Terminate();
        return _process.ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
    }

    [GeneratedRegex("Management port ([0-9]+): listening")]
    private static partial Regex ListeningLine();
}
