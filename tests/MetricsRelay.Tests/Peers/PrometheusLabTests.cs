using System.Reflection;
using TestKit;
using YamlDotNet.Serialization;

namespace MetricsRelay.Tests.Peers;

/// <summary>The lab with a whole Prometheus beside the agent: its ConfigMap, in a real Prometheus, beside a real agent.</summary>
public sealed class PrometheusLabTests
{
    [RequiresFact("promtool", "prometheus")]
    public async Task Its_config_map_has_prometheus_scrape_the_agent()
    {
        using var directory = new TemporaryFolder();
        var config = Config();
        var file = Path.Combine(directory.Path, "lab.yml");
        await File.WriteAllTextAsync(file, config);
        await using var promtool = ChildProcess.Start("promtool", ["check", "config", file]);
        Assert.True(await promtool.ExitAsync() == 0, string.Join('\n', promtool.Errors));

        // The Pod's own ports may be taken here; all else is as it stands.
        var port = FreePort.Take();
        await using var agent = await AgentProcess.StartAsync(directory.Path);
        Assert.Contains("localhost:8001", config, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, config
            .Replace("localhost:8001", new Uri(agent.MetricsUrl).Authority, StringComparison.Ordinal)
            .Replace("localhost:9090", $"localhost:{port}", StringComparison.Ordinal)
            .Replace("scrape_interval: 15s", "scrape_interval: 1s", StringComparison.Ordinal)
            .Replace("scrape_timeout: 10s", "scrape_timeout: 1s", StringComparison.Ordinal));
        await using var prometheus = await PrometheusProcess.StartWithAsync(file, directory.Path, port);
        await agent.InferAsync(7);

        await TestKit.Eventually.HoldsAsync(
            async () => (await prometheus.QueryAsync("sum by (status) (inference_requests_total{status=\"success\"})")).Values.SequenceEqual(["7"])
                && (await prometheus.QueryAsync("up")).Values.SequenceEqual(["1", "1"]),
            () => "the agent's requests in Prometheus");
        Assert.Equal(["7"], (await prometheus.QueryAsync("inference_latency_seconds_count")).Values);
    }

    private static string Metadata(string key) => typeof(PrometheusLabTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;

    private static string Config()
    {
        var documents = File.ReadAllText(Path.Combine(Metadata("Repository"), "k8s", "labs", "agent-with-prometheus.yaml"));
        var map = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(documents.Split("\n---\n")[0]);
        Assert.Equal("ConfigMap", map["kind"]);
        return (string)((Dictionary<object, object>)map["data"])["prometheus.yml"];
    }
}
