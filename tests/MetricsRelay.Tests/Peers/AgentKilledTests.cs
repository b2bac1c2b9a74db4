using TestKit;

namespace MetricsRelay.Tests.Peers;

/// <summary>The agent dies without a word: what a real Prometheus knows of it ends, and says that it is down.</summary>
public sealed class AgentKilledTests
{
    private const string Series = """{pod="agent-7d9f",__name__!~"up|scrape_.*"}""";
    private const string Up = """up{pod="agent-7d9f"}""";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    [RequiresFact("prometheus")]
    public async Task A_prometheus_that_scrapes_the_relay_has_its_series_end_within_two_intervals()
    {
        using var directory = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync(directory.Path);
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={agent.MetricsUrl}", $"--Scrape:Interval={Interval}", "--ExternalLabels:pod=agent-7d9f");
        await using var prometheus = await PrometheusProcess.StartAsync(directory.Path, FreePort.Take(), $$"""
            scrape_configs:
              - job_name: relay
                honor_labels: true
                static_configs: [{ targets: ["127.0.0.1:{{relay.Port}}"] }]

            """, $"{Interval.TotalSeconds}s");

        await EndsWithTheAgentAsync(agent, prometheus);
    }

    [RequiresFact("prometheus")]
    public async Task A_prometheus_that_takes_remote_write_has_its_series_end_within_two_intervals()
    {
        using var directory = new TemporaryFolder();
        var port = FreePort.Take();
        await using var prometheus = await PrometheusProcess.StartAsync(directory.Path, port);
        await using var agent = await AgentProcess.StartAsync(directory.Path);
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={agent.MetricsUrl}", $"--Scrape:Interval={Interval}", "--ExternalLabels:pod=agent-7d9f",
            $"--RemoteWrite:Url=http://127.0.0.1:{port}/api/v1/write");

        await EndsWithTheAgentAsync(agent, prometheus);
    }

    private static async Task EndsWithTheAgentAsync(AgentProcess agent, PrometheusProcess prometheus)
    {
        await agent.InferAsync(3);
        await TestKit.Eventually.HoldsAsync(
            async () => (await prometheus.QueryAsync("inference_latency_seconds_count")).Values.SequenceEqual(["3"])
                && (await prometheus.QueryAsync(Up)).Values.SequenceEqual(["1"]),
            () => "the agent's requests in Prometheus");

        var killed = await agent.KillAsync();

        // As Prometheus' own clock has it: however late this looks, and however late the samples come, the answer is about that moment.
        var twoIntervals = killed + (2 * Interval);
        await TestKit.Eventually.HoldsAsync(() => DateTimeOffset.UtcNow > twoIntervals, "two intervals");
        await TestKit.Eventually.HoldsAsync(
            async () => (await prometheus.QueryAsync(Up, twoIntervals)).Values.SequenceEqual(["0"]), () => "up 0");
        Assert.NotEmpty(await prometheus.QueryAsync(Series, killed));
        Assert.Empty(await prometheus.QueryAsync(Series, twoIntervals));
    }
}
