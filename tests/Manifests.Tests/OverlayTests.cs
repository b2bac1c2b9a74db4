using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;
using static Manifests.Tests.Manifest;

namespace Manifests.Tests;

/// <summary>The objects that <c>kubectl kustomize</c> generates from the overlays.</summary>
public sealed partial class OverlayTests
{
    private static readonly string[] Overlays = ["kind", "production"];

    [RequiresFact("kubectl")]
    public async Task Overlays_build_and_are_valid_against_the_schema_of_a_cluster()
    {
        foreach (var overlay in Overlays)
        {
            var documents = await RenderOverlayAsync(overlay);
            Assert.Contains(documents, d => GetText(d, "kind") == "Deployment");
            Assert.Empty(OpenApiSchema.Available is { } schema ? documents.SelectMany(schema.ValidateDocument) : []);
        }
    }

    [RequiresFact("kubectl")]
    public async Task Every_referenced_object_is_defined_and_every_container_is_restricted()
    {
        var manual = Repository.ReadText("docs/kubernetes.md");
        foreach (var overlay in Overlays)
        {
            var documents = await RenderOverlayAsync(overlay);
            PodRules.AssertNamesAreDefined(documents, (kind, name) =>
                Regex.IsMatch(manual, $@"kubectl [^\n]*create {kind.ToLowerInvariant()} \S+ {Regex.Escape(name)} "));
            PodRules.AssertRestricted(
                documents, image => overlay == "production" ? PinnedPattern().IsMatch(image) : ManifestFiles.OwnImages.Contains(image));
            Assert.Equal(
                "restricted", FindText(GetSingle(documents, "Namespace"), "metadata", "labels", "pod-security.kubernetes.io/enforce"));
            Assert.All(
                documents.Where(d => GetText(d, "kind") != "Namespace"), d => Assert.Equal("agent", FindText(d, "metadata", "namespace")));
        }
    }

    [RequiresFact("kubectl")]
    public async Task Sidecars_are_native_and_start_in_order()
    {
        foreach (var overlay in Overlays)
        {
            var spec = FindPodSpecs(await RenderOverlayAsync(overlay)).Single();
            Assert.Equal(
                ["logging-sidecar", "metrics-sidecar", "tls-proxy"], GetItems(spec, "initContainers").Select(c => GetText(c, "name")));
            Assert.All(GetItems(spec, "initContainers"), c => Assert.Equal("Always", GetText(c, "restartPolicy")));
            Assert.Equal(["agent"], GetItems(spec, "containers").Select(c => GetText(c, "name")));
        }
    }

    [RequiresFact("kubectl")]
    public async Task Autoscaler_disruption_budget_network_policy_and_monitor_select_the_Pods()
    {
        var documents = await RenderOverlayAsync("production");
        var spec = FindPodSpecs(documents).Single();
        var ports = PodRules.FindPorts(GetContainers(spec));

        var scaler = GetSingle(documents, "HorizontalPodAutoscaler");
        Assert.Equal("Deployment", FindText(scaler, "spec", "scaleTargetRef", "kind"));
        Assert.Equal("agent", FindText(scaler, "spec", "scaleTargetRef", "name"));
        Assert.Null(FindNode(GetSingle(documents, "Deployment"), "spec", "replicas"));
        foreach (var metric in GetItems((YamlMappingNode)FindNode(scaler, "spec")!, "metrics"))
        {
            Assert.Contains(FindText(metric, "containerResource", "container"), GetContainers(spec).Select(c => GetText(c, "name")));
        }

        string[][] selectors = [["PodDisruptionBudget", "selector"], ["NetworkPolicy", "podSelector"], ["PodMonitor", "selector"]];
        foreach (var path in selectors)
        {
            Assert.Equal(
                [spec], PodRules.FindSelectedSpecs(documents, FindNode(GetSingle(documents, path[0]), "spec", path[1], "matchLabels")));
        }

        var endpoints = GetItems((YamlMappingNode)FindNode(GetSingle(documents, "PodMonitor"), "spec")!, "podMetricsEndpoints");
        Assert.All(endpoints, e => Assert.Contains(GetText(e, "port"), ports));
        var opened = GetItems((YamlMappingNode)FindNode(GetSingle(documents, "NetworkPolicy"), "spec")!, "ingress")
            .SelectMany(rule => GetItems(rule, "ports"))
            .Select(port => GetText(port, "port"))
            .ToList();
        Assert.Equal(["https", "http-redirect", "prometheus"], opened);
        Assert.Subset(ports.ToHashSet(), opened.ToHashSet());

        var constraints = GetItems(spec, "topologySpreadConstraints").ToList();
        Assert.Equal(["kubernetes.io/hostname", "topology.kubernetes.io/zone"], constraints.Select(c => GetText(c, "topologyKey")));
        Assert.All(
            constraints, c => Assert.Equal([spec], PodRules.FindSelectedSpecs(documents, FindNode(c, "labelSelector", "matchLabels"))));
        Assert.Equal("false", FindText(GetSingle(documents, "ServiceAccount"), "automountServiceAccountToken"));
    }

    [RequiresFact("kubectl")]
    public async Task Production_overlay_contains_the_dashboard_for_Grafanas_sidecar()
    {
        var map = (await RenderOverlayAsync("production")).Single(d => FindText(d, "metadata", "labels", "grafana_dashboard") == "1");
        using var dashboard = JsonDocument.Parse(FindText(map, "data", "agent.json")!);
        Assert.NotEmpty(dashboard.RootElement.GetProperty("panels").EnumerateArray());
    }

    private static async Task<List<YamlMappingNode>> RenderOverlayAsync(string overlay)
    {
        await using var kustomize = ChildProcess.Start("kubectl", ["kustomize", Repository.PathOf($"k8s/overlays/{overlay}")]);
        Assert.True(await kustomize.WaitForExitAsync() == 0, kustomize.DescribeOutput());
        return ParseDocuments(string.Join('\n', kustomize.Output));
    }

    private static YamlMappingNode GetSingle(IEnumerable<YamlMappingNode> documents, string kind) =>
        documents.Single(d => GetText(d, "kind") == kind);

    [GeneratedRegex(@"^\S+/\S+@sha256:[0-9a-f]{64}$")]
    private static partial Regex PinnedPattern();
}
