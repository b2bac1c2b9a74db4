using System.Reflection;
using System.Text;
using ChildProcess = TestKit.ChildProcess;
using FreePort = TestKit.FreePort;

namespace LogTailer.Tests.Follow.Remote;

/// <summary>The real agent as a child process, with its log in a directory of the test's.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly HttpClient _client = new();
    private readonly int _port;

    private AgentProcess(ChildProcess process, int port) => (_process, _port) = (process, port);

    /// <summary>Starts one, and waits until it is ready.</summary>
    public static async Task<AgentProcess> StartAsync(string logFile, int managementPort, params string[] arguments)
    {
        var port = FreePort.Take();
        var process = ChildProcess.DotNet(
            Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Agent").Value!,
            ["--Listen:Address=localhost", $"--Http:Port={port}", $"--Management:Port={managementPort}", $"--LOG_FILE={logFile}", .. arguments],
            new Dictionary<string, string?> { ["CONFIG_FILE"] = null });
        var agent = new AgentProcess(process, port);
        await Eventually.HoldsAsync(async () => await agent.IsReadyAsync(managementPort) || process.HasExited, () => string.Join('\n', process.Output));
        return agent;
    }

    /// <summary>Makes requests that are logged under the ids <c>l-FIRST</c> and following.</summary>
    public async Task LogsAsync(int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost:{_port}/inference")
            {
                Content = new StringContent("""{"text":"fine"}""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("X-Request-Id", $"l-{i}");
            using var answer = await _client.SendAsync(request);
            answer.EnsureSuccessStatusCode();
        }
    }

    /// <summary>Ends it in order: what it has logged stands in the file.</summary>
    public async Task StopAsync()
    {
        _process.Terminate();
        Assert.Equal(0, await _process.ExitAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
    }

    private async Task<bool> IsReadyAsync(int managementPort)
    {
        try
        {
            using var answer = await _client.GetAsync(new Uri($"http://localhost:{managementPort}/readyz"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
