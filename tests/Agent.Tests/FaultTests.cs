using System.Net;
using Agent.Tests.Support;

namespace Agent.Tests;

/// <summary>Trouble on demand.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Nothing_happens_unless_enabled()
    {
        await using var agent = await RunningAgent.StartAsync("--Faults:ErrorShare=1", "--Faults:Hang=true", "--Faults:NotReady=true");

        await agent.InferAsync("fine").JsonAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await ReadinessAsync(agent));
    }

    [Fact]
    public async Task Inferences_fail_when_told_to()
    {
        await using var agent = await RunningAgent.StartAsync("--Faults:Enabled=true", "--Faults:ErrorShare=1");

        var answer = await agent.InferAsync("fine").JsonAsync(HttpStatusCode.InternalServerError);

        Assert.Equal("Internal Server Error", (string?)answer["detail"]);
        Assert.Equal(1, await agent.MetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task Inferences_hang_until_their_time_is_over()
    {
        await using var agent = await RunningAgent.StartAsync(
            "--Faults:Enabled=true", "--Faults:Hang=true", "--Inference:TimeoutSeconds=0.2");

        await agent.InferAsync("fine").JsonAsync(HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task Inferences_take_longer()
    {
        await using var agent = await RunningAgent.StartAsync("--Faults:Enabled=true", "--Faults:Latency=150ms");

        var answer = await agent.InferAsync("fine").JsonAsync(HttpStatusCode.OK);

        // At least: a slow machine may add to it, nothing takes away from it but a timer's grain.
        Assert.True((double)answer["latency_ms"]! > 100);
    }

    [Fact]
    public async Task Readiness_and_the_rest_come_and_go_with_a_reload()
    {
        var config = _directory.File("agent.json");
        await File.WriteAllTextAsync(config, "{}");
        await using var agent = await RunningAgent.StartAsync($"--config={config}");
        Assert.Equal(HttpStatusCode.OK, await ReadinessAsync(agent));

        await File.WriteAllTextAsync(config, """{"Faults":{"Enabled":true,"NotReady":true}}""");
        var reload = await agent.Management.PostAsync(new Uri("/-/reload", UriKind.Relative), null).JsonAsync(HttpStatusCode.OK);
        Assert.Empty(reload["restart_required"]!.AsArray());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadinessAsync(agent));

        await File.WriteAllTextAsync(config, "{}");
        await agent.Management.PostAsync(new Uri("/-/reload", UriKind.Relative), null).JsonAsync(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await ReadinessAsync(agent));
    }

    [LinuxFact]
    public async Task Memory_grows_with_every_inference_up_to_its_bound()
    {
        using var agent = AgentProcess.Start(
            "--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1",
            "--Faults:Enabled=true", "--Faults:MemoryGrowthBytes=16Mi", "--Faults:MaxMemoryBytes=160Mi");
        using var http = new HttpClient { BaseAddress = new Uri(await agent.AddressAsync()), Timeout = TimeSpan.FromSeconds(60) };
        var before = agent.ResidentBytes;

        for (var i = 0; i < 40; i++)
        {
            using var content = new StringContent("""{"text":"fine"}""", System.Text.Encoding.UTF8, "application/json");
            using var response = await http.PostAsync(new Uri("/inference", UriKind.Relative), content);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // Forty times 16 MiB are asked for; 160 are kept, beside what the process itself takes.
        Assert.InRange(agent.ResidentBytes - before, 120L << 20, 320L << 20);
    }

    [Fact]
    public async Task A_crash_ends_the_process_at_once()
    {
        using var agent = AgentProcess.Start(
            "--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1", "--Faults:Enabled=true", "--Faults:Crash=true");
        using var http = new HttpClient { BaseAddress = new Uri(await agent.AddressAsync()) };
        using var content = new StringContent("""{"text":"fine"}""", System.Text.Encoding.UTF8, "application/json");

        await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync(new Uri("/inference", UriKind.Relative), content));

        Assert.Equal(134, await agent.ExitCodeAsync());
    }

    private static async Task<HttpStatusCode> ReadinessAsync(RunningAgent agent)
    {
        using var response = await agent.Management.GetAsync(new Uri("/readyz", UriKind.Relative));
        return response.StatusCode;
    }
}
