using TestKit;
using YamlDotNet.RepresentationModel;
using static Manifests.Tests.Manifest;

namespace Manifests.Tests;

/// <summary>The alerts as Prometheus' own tool sees them, and the configurations of Prometheus here.</summary>
public sealed class AlertRuleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_rules_without_the_operator_are_those_with_it()
    {
        var operated = Documents("k8s/base/prometheusrule.yaml").Single();
        var plain = Documents("compose/alerts.yaml").Single();
        Assert.Equal(Text(Node(operated, "spec", "groups")!), Text(Node(plain, "groups")!));
    }

    [RequiresFact("promtool")]
    public Task Each_alert_waits_fires_and_clears() => PromtoolAsync("test", "rules", Path.Combine(Repository.Root, "tests/Manifests.Tests/alerts.test.yaml"));

    [RequiresFact("promtool")]
    public async Task The_configuration_of_the_upstream_manifest_is_one()
    {
        var configuration = Documents("k8s/labs/upstream/agent-with-logging-and-metrics.yaml").Single(d => Find(d, "metadata", "name") == "prometheus-config");
        await File.WriteAllTextAsync(_directory["prometheus.yml"], Find(configuration, "data", "prometheus.yml"));
        await PromtoolAsync("check", "config", _directory["prometheus.yml"]);
    }

    [RequiresFact("promtool")]
    public async Task The_configuration_for_compose_is_one()
    {
        File.Copy(Path.Combine(Repository.Root, "compose/alerts.yaml"), _directory["alerts.yaml"]);
        var text = Repository.Read("compose/prometheus.yml");
        Assert.Contains("/etc/prometheus/alerts.yaml", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_directory["prometheus.yml"], text.Replace("/etc/prometheus/", "", StringComparison.Ordinal));
        await PromtoolAsync("check", "config", _directory["prometheus.yml"]);
    }

    private static async Task PromtoolAsync(params string[] arguments)
    {
        await using var promtool = ChildProcess.Start("promtool", arguments);
        var exitCode = await promtool.ExitAsync();
        Assert.True(exitCode == 0, string.Join('\n', promtool.Output.Concat(promtool.Errors)));
    }

    private static string Text(YamlNode node)
    {
        using var writer = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(writer, assignAnchors: false);
        return writer.ToString();
    }
}
