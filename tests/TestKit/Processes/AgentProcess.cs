using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace TestKit;

/// <summary>The real agent as a process.</summary>
public sealed partial class AgentProcess : IAsyncDisposable
{
    private static readonly Dictionary<string, string?> CleanEnvironment = new() { ["CONFIG_FILE"] = null, ["LOG_FILE"] = null };

    private readonly HttpClient _client = new();

    private AgentProcess(ChildProcess process, int port, int managementPort, string logFile)
    {
        Process = process;
        Url = new Uri($"http://localhost:{port}");
        ManagementUrl = new Uri($"http://localhost:{managementPort}");
        LogFile = logFile;
    }

    /// <summary>The process itself.</summary>
    public ChildProcess Process { get; }

    /// <summary>The agent's API.</summary>
    public Uri Url { get; }

    /// <summary>The agent's management port.</summary>
    public Uri ManagementUrl { get; }

    /// <summary>The agent's metrics page.</summary>
    public Uri MetricsUrl => new(ManagementUrl, "/metrics");

    /// <summary>The path of the request log.</summary>
    public string LogFile { get; }

    /// <summary>Runs the agent with exactly these arguments; the caller decides what to wait for.</summary>
    public static ChildProcess Run(params string[] arguments) => ChildProcess.DotNet(FindAssembly(), arguments, CleanEnvironment);

    /// <summary>Starts the agent on localhost and waits until it is ready.</summary>
    /// <param name="logFile">The path of the request log.</param>
    /// <param name="managementPort">The management port; an unused one by default.</param>
    /// <param name="arguments">Further flags.</param>
    public static async Task<AgentProcess> StartAsync(string logFile, int? managementPort = null, params string[] arguments)
    {
        var port = FreePort.FindUnused();
        var management = managementPort ?? FreePort.FindUnused();
        string[] flags =
        [
            "--Listen:Address=localhost", $"--Http:Port={port}", $"--Management:Port={management}", $"--LOG_FILE={logFile}",
        ];
        var process = Run([.. flags, .. arguments]);
        var agent = new AgentProcess(process, port, management, logFile);
        try
        {
            await Eventually.AssertAsync(
                async () => await agent.IsReadyAsync() || process.HasExited, () => $"the agent is ready. {process.DescribeOutput()}");
            return process.HasExited ? throw new InvalidOperationException($"The agent exited. {process.DescribeOutput()}") : agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until an agent that <see cref="Run"/> started listens, and returns the address from its log.</summary>
    public static async Task<Uri> WaitForAddressAsync(ChildProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        var line = await process.WaitForLineAsync("\"addresses\":\"http");
        return new Uri(ListenAddressPattern().Match(line).Groups[1].Value);
    }

    /// <summary>Sends inference requests and waits for each response.</summary>
    /// <param name="count">How many.</param>
    /// <param name="firstId">Requests have the ids <c>l-FIRST</c> and following; null lets the agent choose.</param>
    public async Task SendInferencesAsync(int count, int? firstId = null)
    {
        for (var i = 0; i < count; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Url, "/inference"))
            {
                Content = JsonContent.Create(new { text = "what a lovely day" }),
            };
            if (firstId is { } first)
            {
                request.Headers.Add("X-Request-Id", $"l-{first + i}");
            }

            using var response = await _client.SendAsync(request);
            response.EnsureSuccessStatusCode();
        }
    }

    /// <summary>Sends SIGTERM; afterwards the request log is complete.</summary>
    /// <exception cref="InvalidOperationException">The exit code is not 0.</exception>
    public async Task StopAsync()
    {
        var exitCode = await Process.TerminateAsync();
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"The agent exited with code {exitCode}. {Process.DescribeOutput()}");
        }
    }

    /// <summary>Kills the agent, as a crash does.</summary>
    /// <returns>The last moment at which it certainly ran.</returns>
    public async Task<DateTimeOffset> KillAsync()
    {
        var lastAlive = DateTimeOffset.UtcNow;
        await Process.KillAsync();
        return lastAlive;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _client.Dispose();
    }

    /// <summary>A project that references the agent has it next to its own assembly; the others use the agent's own build.</summary>
    private static string FindAssembly()
    {
        var local = Path.Combine(AppContext.BaseDirectory, "Agent.dll");
        return File.Exists(local) ? local : Repository.FindAssembly("agent", "Agent");
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await _client.GetAsync(new Uri(ManagementUrl, "/readyz"));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    [GeneratedRegex("\"addresses\":\"(http[^\\s\",]+)")]
    private static partial Regex ListenAddressPattern();
}
