using YamlDotNet.Serialization;

namespace MetricsRelay.Tests.Peers;

/// <summary>The lab with a Prometheus next to the agent: its ConfigMap in a real Prometheus, with a real agent.</summary>
public sealed class PrometheusLabTests
{
    [RequiresFact("promtool", "prometheus")]
    public async Task Config_map_of_the_lab_lets_prometheus_scrape_the_agent()
    {
        using var directory = new TemporaryDirectory();
        var config = ReadConfig();
        var file = Path.Combine(directory.Path, "lab.yml");
        await File.WriteAllTextAsync(file, config);
        await using var promtool = ChildProcess.Start("promtool", ["check", "config", file]);
        Assert.True(await promtool.WaitForExitAsync() == 0, string.Join('\n', promtool.Errors));

        // The ports of the Pod may be in use on this machine; everything else is unchanged.
        var port = FreePort.FindUnused();
        await using var agent = await AgentProcess.StartAsync(directory["requests.log"]);
        Assert.Contains("localhost:8001", config, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, config
            .Replace("localhost:8001", agent.MetricsUrl.Authority, StringComparison.Ordinal)
            .Replace("localhost:9090", $"localhost:{port}", StringComparison.Ordinal)
            .Replace("scrape_interval: 15s", "scrape_interval: 1s", StringComparison.Ordinal)
            .Replace("scrape_timeout: 10s", "scrape_timeout: 1s", StringComparison.Ordinal));
        await using var prometheus = await PrometheusProcess.StartWithAsync(file, directory.Path, port);
        await agent.SendInferencesAsync(7);

        await Eventually.AssertAsync(
            async () => (await prometheus.QueryAsync("sum by (status) (inference_requests_total{status=\"success\"})")).Values.SequenceEqual(["7"])
                && (await prometheus.QueryAsync("up")).Values.SequenceEqual(["1", "1"]),
            () => "the agent's requests in Prometheus");
        Assert.Equal(["7"], (await prometheus.QueryAsync("inference_latency_seconds_count")).Values);
    }

    private static string ReadConfig()
    {
        var documents = Repository.ReadText("k8s/labs/agent-with-prometheus.yaml");
        var map = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(documents.Split("\n---\n")[0]);
        Assert.Equal("ConfigMap", map["kind"]);
        return (string)((Dictionary<object, object>)map["data"])["prometheus.yml"];
    }
}
