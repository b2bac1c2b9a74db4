using System.Net;
using System.Text;
using Agent.Tests.Support;

namespace Agent.Tests;

/// <summary>Injected faults.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task No_fault_is_injected_unless_faults_are_enabled()
    {
        await using var agent = await RunningAgent.StartAsync("--Faults:ErrorShare=1", "--Faults:Hang=true", "--Faults:NotReady=true");

        await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await ReadReadinessAsync(agent));
    }

    [Fact]
    public async Task Inferences_fail_with_500_when_the_error_share_is_one()
    {
        await using var agent = await RunningAgent.StartAsync("--Faults:Enabled=true", "--Faults:ErrorShare=1");

        var answer = await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.InternalServerError);

        Assert.Equal("Internal Server Error", (string?)answer["detail"]);
        Assert.Equal(1, await agent.ReadMetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task Hanging_inferences_end_with_504_at_the_request_timeout()
    {
        await using var agent = await RunningAgent.StartAsync(
            "--Faults:Enabled=true", "--Faults:Hang=true", "--Inference:TimeoutSeconds=0.2");

        await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task Injected_latency_is_part_of_the_reported_latency()
    {
        await using var agent = await RunningAgent.StartAsync("--Faults:Enabled=true", "--Faults:Latency=150ms");

        var answer = await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.OK);

        // A lower bound, less than the latency because timers are coarse.
        Assert.True((double)answer["latency_ms"]! > 100);
    }

    [Fact]
    public async Task Readiness_fault_starts_and_ends_with_a_reload()
    {
        var config = _directory["agent.json"];
        await File.WriteAllTextAsync(config, "{}");
        await using var agent = await RunningAgent.StartAsync($"--config={config}");
        Assert.Equal(HttpStatusCode.OK, await ReadReadinessAsync(agent));

        await File.WriteAllTextAsync(config, """{"Faults":{"Enabled":true,"NotReady":true}}""");
        var reload = await agent.Management.PostAsync(new Uri("/-/reload", UriKind.Relative), null).ReadJsonAsync(HttpStatusCode.OK);
        Assert.Empty(reload["restart_required"]!.AsArray());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadReadinessAsync(agent));

        await File.WriteAllTextAsync(config, "{}");
        await agent.Management.PostAsync(new Uri("/-/reload", UriKind.Relative), null).ReadJsonAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await ReadReadinessAsync(agent));
    }

    [LinuxFact]
    public async Task Memory_grows_with_every_inference_up_to_its_limit()
    {
        await using var agent = AgentProcess.Run(
            "--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1",
            "--Faults:Enabled=true", "--Faults:MemoryGrowthBytes=16Mi", "--Faults:MaxMemoryBytes=160Mi");
        using var http = new HttpClient { BaseAddress = await AgentProcess.WaitForAddressAsync(agent), Timeout = TimeSpan.FromSeconds(60) };
        var before = agent.ResidentBytes;

        for (var i = 0; i < 40; i++)
        {
            using var content = new StringContent("""{"text":"fine"}""", Encoding.UTF8, "application/json");
            using var response = await http.PostAsync(new Uri("/inference", UriKind.Relative), content);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // Forty inferences request 16 MiB each; 160 MiB are retained, and the process itself needs some more.
        Assert.InRange(agent.ResidentBytes - before, 120L << 20, 320L << 20);
    }

    [Fact]
    public async Task Crash_fault_terminates_the_process_with_exit_code_134()
    {
        await using var agent = AgentProcess.Run(
            "--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1", "--Faults:Enabled=true", "--Faults:Crash=true");
        using var http = new HttpClient { BaseAddress = await AgentProcess.WaitForAddressAsync(agent) };
        using var content = new StringContent("""{"text":"fine"}""", Encoding.UTF8, "application/json");

        await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync(new Uri("/inference", UriKind.Relative), content));

        Assert.Equal(134, await agent.WaitForExitAsync());
    }

    private static async Task<HttpStatusCode> ReadReadinessAsync(RunningAgent agent)
    {
        using var response = await agent.Management.GetAsync(new Uri("/readyz", UriKind.Relative));
        return response.StatusCode;
    }
}
