using System.Globalization;
using System.Net.Http.Json;
using System.Reflection;
using TestKit;

namespace MetricsRelay.Tests.Peers;

/// <summary>The agent itself, on free ports.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private const int Kill = 9;

    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    private AgentProcess(ChildProcess process, int http, int management)
    {
        _process = process;
        _client = new HttpClient { BaseAddress = new Uri($"http://localhost:{http}") };
        MetricsUrl = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{management}/metrics");
    }

    public string MetricsUrl { get; }

    private static string Assembly =>
        Path.Combine(Metadata("Repository"), "agent", "bin", Metadata("Configuration"), "net10.0", "Agent.dll");

    public static async Task<AgentProcess> StartAsync(string directory)
    {
        var (http, management) = (FreePort.Take(), FreePort.Take());
        var process = ChildProcess.DotNet(
            Assembly, [$"--Http:Port={http}", $"--Management:Port={management}", "--Listen:Address=localhost", $"--LOG_FILE={directory}/requests.log"]);
        var agent = new AgentProcess(process, http, management);
        await process.SaysAsync("\"Listening\"");
        return agent;
    }

    /// <summary>Has so many texts classified.</summary>
    public async Task InferAsync(int times)
    {
        var answered = 0;
        await TestKit.Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    using var answer = await _client.PostAsJsonAsync("/inference", new { text = "what a lovely day" });
                    return answer.IsSuccessStatusCode && ++answered == times;
                }
                catch (HttpRequestException)
                {
                    // It has not begun to listen.
                    return false;
                }
            },
            () => string.Join('\n', _process.Output.Concat(_process.Errors).TakeLast(5)));
    }

    /// <summary>SIGKILL.</summary>
    /// <returns>The last moment of it.</returns>
    public async Task<DateTimeOffset> KillAsync()
    {
        var last = DateTimeOffset.UtcNow;
        _process.Signal(Kill);
        await _process.ExitAsync();
        return last;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
    }

    private static string Metadata(string key) => typeof(AgentProcess).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
