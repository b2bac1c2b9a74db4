namespace MetricsRelay.Tests.Peers;

/// <summary>The agent is killed: in a real Prometheus its series end and <c>up</c> becomes 0.</summary>
public sealed class AgentKilledTests
{
    private const string Series = """{pod="agent-7d9f",__name__!~"up|scrape_.*"}""";
    private const string Up = """up{pod="agent-7d9f"}""";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    [RequiresFact("prometheus")]
    public async Task Series_end_within_two_intervals_when_prometheus_scrapes_the_relay()
    {
        using var directory = new TemporaryDirectory();
        await using var agent = await AgentProcess.StartAsync(directory["requests.log"]);
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={agent.MetricsUrl}", $"--Scrape:Interval={Interval}", "--ExternalLabels:pod=agent-7d9f");
        await using var prometheus = await PrometheusProcess.StartAsync(directory.Path, FreePort.FindUnused(), $$"""
            scrape_configs:
              - job_name: relay
                honor_labels: true
                static_configs: [{ targets: ["127.0.0.1:{{relay.Port}}"] }]

            """, $"{Interval.TotalSeconds}s");

        await AssertSeriesEndAsync(agent, prometheus);
    }

    [RequiresFact("prometheus")]
    public async Task Series_end_within_two_intervals_when_prometheus_receives_remote_write()
    {
        using var directory = new TemporaryDirectory();
        var port = FreePort.FindUnused();
        await using var prometheus = await PrometheusProcess.StartAsync(directory.Path, port);
        await using var agent = await AgentProcess.StartAsync(directory["requests.log"]);
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={agent.MetricsUrl}", $"--Scrape:Interval={Interval}", "--ExternalLabels:pod=agent-7d9f",
            $"--RemoteWrite:Url=http://127.0.0.1:{port}/api/v1/write");

        await AssertSeriesEndAsync(agent, prometheus);
    }

    private static async Task AssertSeriesEndAsync(AgentProcess agent, PrometheusProcess prometheus)
    {
        await agent.SendInferencesAsync(3);
        await Eventually.AssertAsync(
            async () => (await prometheus.QueryAsync("inference_latency_seconds_count")).Values.SequenceEqual(["3"])
                && (await prometheus.QueryAsync(Up)).Values.SequenceEqual(["1"]),
            () => "the agent's requests in Prometheus");

        var killed = await agent.KillAsync();

        // The query is evaluated at this moment, however late it is sent and the samples arrive.
        var twoIntervals = killed + (2 * Interval);
        await Eventually.AssertAsync(() => DateTimeOffset.UtcNow > twoIntervals, "two intervals");
        await Eventually.AssertAsync(
            async () => (await prometheus.QueryAsync(Up, twoIntervals)).Values.SequenceEqual(["0"]), () => "up 0");
        Assert.NotEmpty(await prometheus.QueryAsync(Series, killed));
        Assert.Empty(await prometheus.QueryAsync(Series, twoIntervals));
    }
}
