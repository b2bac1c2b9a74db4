using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TestKit;

namespace ConfigReloader.Tests.Support;

/// <summary>The program itself, as a container runs it.</summary>
internal sealed partial class ReloaderProcess : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ConfigReloader.dll");

    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    private ReloaderProcess(ChildProcess process, int port) =>
        (_process, _client) = (process, new HttpClient { BaseAddress = new Uri($"http://localhost:{port}") });

    public int Id => _process.Id;

    public Uri StatusUrl => new(_client.BaseAddress!, "/statusz");

    /// <summary>Starts it and waits until its management port answers.</summary>
    public static async Task<ReloaderProcess> ServeAsync(params string[] flags)
    {
        var process = ChildProcess.DotNet(Program, [.. flags, "--Management:Port=0", "--Listen:Address=localhost"]);
        await process.SaysAsync("Management port");
        var port = process.Output.Select(line => ListeningLine().Match(line)).First(match => match.Success).Groups[1].Value;
        return new ReloaderProcess(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(IReadOnlyDictionary<string, string?>? environment, params string[] flags)
    {
        await using var process = ChildProcess.DotNet(Program, flags, environment);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', process.Output.Concat(process.Errors)));
    }

    public async Task<JsonNode> StatusAsync() => JsonNode.Parse(await _client.GetStringAsync(StatusUrl))!;

    public Task<string> GetAsync(string path) => _client.GetStringAsync(new Uri(path, UriKind.Relative));

    public Task<HttpResponseMessage> ReloadAsync() => _client.PostAsync(new Uri("/-/reload", UriKind.Relative), null);

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
