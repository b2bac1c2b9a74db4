using System.Text.Json;
using System.Text.RegularExpressions;
using TestKit;
using YamlDotNet.RepresentationModel;
using static Manifests.Tests.Manifest;

namespace Manifests.Tests;

/// <summary>What <c>kubectl kustomize</c> makes of the overlays.</summary>
public sealed partial class OverlayTests
{
    private static readonly string[] Overlays = ["kind", "production"];

    [RequiresFact("kubectl")]
    public async Task They_build_and_a_cluster_accepts_what_comes_out()
    {
        foreach (var overlay in Overlays)
        {
            var documents = await RenderAsync(overlay);
            Assert.Contains(documents, d => Scalar(d, "kind") == "Deployment");
            Assert.Empty(OpenApiSchema.AtHand is { } schema ? documents.SelectMany(schema.Validate) : []);
        }
    }

    [RequiresFact("kubectl")]
    public async Task Every_name_leads_somewhere_and_every_container_is_restricted()
    {
        var manual = Repository.Read("docs/kubernetes.md");
        foreach (var overlay in Overlays)
        {
            var documents = await RenderAsync(overlay);
            PodRules.NamesLeadSomewhere(documents, (kind, name) => Regex.IsMatch(manual, $@"kubectl [^\n]*create {kind.ToLowerInvariant()} \S+ {Regex.Escape(name)} "));
            PodRules.Restricted(documents, image => overlay == "production" ? PinnedPattern().IsMatch(image) : Repository.Images.Contains(image));
            Assert.Equal("restricted", Find(Single(documents, "Namespace"), "metadata", "labels", "pod-security.kubernetes.io/enforce"));
            Assert.All(documents.Where(d => Scalar(d, "kind") != "Namespace"), d => Assert.Equal("agent", Find(d, "metadata", "namespace")));
        }
    }

    [RequiresFact("kubectl")]
    public async Task The_sidecars_are_native_and_in_order()
    {
        foreach (var overlay in Overlays)
        {
            var spec = PodSpecs(await RenderAsync(overlay)).Single();
            Assert.Equal(["logging-sidecar", "metrics-sidecar", "tls-proxy"], Items(spec, "initContainers").Select(c => Scalar(c, "name")));
            Assert.All(Items(spec, "initContainers"), c => Assert.Equal("Always", Scalar(c, "restartPolicy")));
            Assert.Equal(["agent"], Items(spec, "containers").Select(c => Scalar(c, "name")));
        }
    }

    [RequiresFact("kubectl")]
    public async Task What_scales_protects_watches_and_opens_the_Pods_means_these_Pods_and_ports()
    {
        var documents = await RenderAsync("production");
        var spec = PodSpecs(documents).Single();
        var ports = PodRules.PortsOf(Containers(spec));

        var scaler = Single(documents, "HorizontalPodAutoscaler");
        Assert.Equal(("Deployment", "agent"), (Find(scaler, "spec", "scaleTargetRef", "kind"), Find(scaler, "spec", "scaleTargetRef", "name")));
        Assert.Null(Node(Single(documents, "Deployment"), "spec", "replicas"));
        foreach (var metric in Items((YamlMappingNode)Node(scaler, "spec")!, "metrics"))
        {
            Assert.Contains(Find(metric, "containerResource", "container"), Containers(spec).Select(c => Scalar(c, "name")));
        }

        string[][] selectors = [["PodDisruptionBudget", "selector"], ["NetworkPolicy", "podSelector"], ["PodMonitor", "selector"]];
        foreach (var path in selectors)
        {
            Assert.Equal([spec], PodRules.Selected(documents, Node(Single(documents, path[0]), "spec", path[1], "matchLabels")));
        }

        var endpoints = Items((YamlMappingNode)Node(Single(documents, "PodMonitor"), "spec")!, "podMetricsEndpoints");
        Assert.All(endpoints, e => Assert.Contains(Scalar(e, "port"), ports));
        var opened = Items((YamlMappingNode)Node(Single(documents, "NetworkPolicy"), "spec")!, "ingress").SelectMany(i => Items(i, "ports")).Select(p => Scalar(p, "port")).ToList();
        Assert.Equal(["https", "http-redirect", "prometheus"], opened);
        Assert.Subset(ports.ToHashSet(), opened.ToHashSet());

        var constraints = Items(spec, "topologySpreadConstraints").ToList();
        Assert.Equal(["kubernetes.io/hostname", "topology.kubernetes.io/zone"], constraints.Select(c => Scalar(c, "topologyKey")));
        Assert.All(constraints, c => Assert.Equal([spec], PodRules.Selected(documents, Node(c, "labelSelector", "matchLabels"))));
        Assert.Equal("false", Find(Single(documents, "ServiceAccount"), "automountServiceAccountToken"));
    }

    [RequiresFact("kubectl")]
    public async Task The_dashboard_comes_along_for_Grafanas_sidecar()
    {
        var map = (await RenderAsync("production")).Single(d => Find(d, "metadata", "labels", "grafana_dashboard") == "1");
        using var dashboard = JsonDocument.Parse(Find(map, "data", "agent.json")!);
        Assert.NotEmpty(dashboard.RootElement.GetProperty("panels").EnumerateArray());
    }

    private static async Task<List<YamlMappingNode>> RenderAsync(string overlay)
    {
        await using var kustomize = ChildProcess.Start("kubectl", ["kustomize", Path.Combine(Repository.Root, "k8s/overlays", overlay)]);
        var exitCode = await kustomize.ExitAsync();
        Assert.True(exitCode == 0, string.Join('\n', kustomize.Errors));
        return Parse(string.Join('\n', kustomize.Output));
    }

    private static YamlMappingNode Single(IEnumerable<YamlMappingNode> documents, string kind) => documents.Single(d => Scalar(d, "kind") == kind);

    [GeneratedRegex(@"^\S+/\S+@sha256:[0-9a-f]{64}$")]
    private static partial Regex PinnedPattern();
}
