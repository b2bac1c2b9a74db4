using System.Diagnostics;
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

    [Fact]
    public async Task Memory_grows_with_every_inference_up_to_its_bound()
    {
        await using var agent = await RunningAgent.StartAsync(
            "--Faults:Enabled=true", "--Faults:MemoryGrowthBytes=8Mi", "--Faults:MaxMemoryBytes=80Mi");
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < 15; i++)
        {
            await agent.InferAsync("fine").JsonAsync(HttpStatusCode.OK);
        }

        // Other tests run in this process, too; so generously around 80 MiB.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 40L << 20, 110L << 20);
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

    [Fact]
    public async Task At_ten_times_the_capacity_the_accepted_are_served_and_the_rest_turned_away_at_once()
    {
        await using var agent = await RunningAgent.StartAsync(
            "--Faults:Enabled=true", "--Faults:Latency=100ms", "--Inference:MaxConcurrency=4", "--Inference:QueueLimit=4");
        var answers = new System.Collections.Concurrent.ConcurrentBag<(HttpStatusCode Status, TimeSpan Took)>();

        // Forty clients where four fit.
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            for (var i = 0; i < 25; i++)
            {
                var started = Stopwatch.GetTimestamp();
                using var response = await agent.InferAsync("what a lovely day");
                answers.Add((response.StatusCode, Stopwatch.GetElapsedTime(started)));
            }
        }));

        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable));
        var accepted = answers.Where(answer => answer.Status == HttpStatusCode.OK).Select(answer => answer.Took).Order().ToList();
        var refused = answers.Where(answer => answer.Status != HttpStatusCode.OK).Select(answer => answer.Took).Order().ToList();
        Assert.True(accepted.Count >= 8, $"{accepted.Count} accepted");
        Assert.True(refused.Count > accepted.Count, $"{refused.Count} refused, {accepted.Count} accepted");

        // No figure of its own, but the one against the other: who is refused has not waited for those who are served.
        Assert.True(
            refused[refused.Count / 2] < accepted[accepted.Count / 2],
            $"median refused {refused[refused.Count / 2]}, accepted {accepted[accepted.Count / 2]}");
        Assert.Equal(accepted.Count, await agent.MetricAsync("inference_requests_total{status=\"success\"}"));
    }

    private static async Task<HttpStatusCode> ReadinessAsync(RunningAgent agent)
    {
        using var response = await agent.Management.GetAsync(new Uri("/readyz", UriKind.Relative));
        return response.StatusCode;
    }
}
