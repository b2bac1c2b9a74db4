using YamlDotNet.RepresentationModel;
using static Manifests.Tests.Manifest;

namespace Manifests.Tests;

/// <summary>Prometheus' own tool accepts the alert rules and the Prometheus configurations.</summary>
public sealed class AlertRuleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Alert_rules_with_and_without_the_operator_are_the_same()
    {
        var withOperator = ReadDocuments("k8s/base/prometheusrule.yaml").Single();
        var withoutOperator = ReadDocuments("compose/alerts.yaml").Single();
        Assert.Equal(WriteYaml(FindNode(withOperator, "spec", "groups")!), WriteYaml(FindNode(withoutOperator, "groups")!));
    }

    [RequiresFact("promtool")]
    public Task Each_alert_waits_fires_and_clears() =>
        RunPromtoolAsync("test", "rules", Repository.PathOf("tests/Manifests.Tests/alerts.test.yaml"));

    [RequiresFact("promtool")]
    public async Task Prometheus_configuration_of_the_upstream_manifest_is_valid()
    {
        var configuration = ReadDocuments("k8s/labs/upstream/agent-with-logging-and-metrics.yaml")
            .Single(document => FindText(document, "metadata", "name") == "prometheus-config");
        await File.WriteAllTextAsync(_directory["prometheus.yml"], FindText(configuration, "data", "prometheus.yml"));
        await RunPromtoolAsync("check", "config", _directory["prometheus.yml"]);
    }

    [RequiresFact("promtool")]
    public async Task Prometheus_configuration_for_compose_is_valid()
    {
        File.Copy(Repository.PathOf("compose/alerts.yaml"), _directory["alerts.yaml"]);
        var text = Repository.ReadText("compose/prometheus.yml");
        Assert.Contains("/etc/prometheus/alerts.yaml", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_directory["prometheus.yml"], text.Replace("/etc/prometheus/", "", StringComparison.Ordinal));
        await RunPromtoolAsync("check", "config", _directory["prometheus.yml"]);
    }

    private static async Task RunPromtoolAsync(params string[] arguments)
    {
        await using var promtool = ChildProcess.Start("promtool", arguments);
        Assert.True(await promtool.WaitForExitAsync() == 0, promtool.DescribeOutput());
    }

    private static string WriteYaml(YamlNode node)
    {
        using var writer = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(writer, assignAnchors: false);
        return writer.ToString();
    }
}
