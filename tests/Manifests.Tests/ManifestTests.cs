using System.Text.RegularExpressions;
using static Manifests.Tests.Manifest;

namespace Manifests.Tests;

public sealed partial class ManifestTests
{
    public static TheoryData<string> Manifests => [.. Repository.Manifests()];

    public static TheoryData<string> Labs => [.. Repository.Manifests().Where(m => m.StartsWith("k8s/labs/", StringComparison.Ordinal))];

    [OpenApiTheory]
    [MemberData(nameof(Manifests))]
    public void A_cluster_accepts_it(string manifest) =>
        Assert.Empty(Documents(manifest).SelectMany(OpenApiSchema.AtHand!.Validate));

    [OpenApiTheory]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: [{name: a, image: x, bogus: 1}]}}", "unknown field \"spec.containers[0].bogus\"")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: [{name: a, image: x, ports: [{containerPort: '8000'}]}]}}", "spec.containers[0].ports[0].containerPort: '8000' is not an integer")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: [{image: x}]}}", "spec.containers[0].name: Required value")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: [{name: a, env: [{name: N, value: 4}]}]}}", "spec.containers[0].env[0].value: '4' is not a string (quote it)")]
    [InlineData("{apiVersion: v1, kind: Podd, metadata: {name: bad}}", "no matches for kind \"Podd\" in version \"v1\"")]
    public void A_mistake_is_found(string yaml, string expected) =>
        Assert.Equal([expected], Parse(yaml).SelectMany(OpenApiSchema.AtHand!.Validate));

    [Theory]
    [MemberData(nameof(Labs))]
    public void Every_name_in_it_leads_somewhere(string manifest)
    {
        var text = Repository.Read(manifest);
        // What is made by hand, such as a certificate, has its command in the head of the file.
        PodRules.NamesLeadSomewhere(Documents(manifest), (kind, name) =>
            text.Contains($"kubectl create {kind.ToLowerInvariant()} ", StringComparison.Ordinal) && text.Contains($" {name} --", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Its_containers_are_restricted_bounded_and_known(string manifest)
    {
        PodRules.Restricted(Documents(manifest), image => Repository.Images.Contains(image) || ForeignImagePattern().IsMatch(image));
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Its_text_shows_the_READY_count_of_its_containers(string manifest)
    {
        var spec = PodSpecs(Documents(manifest)).Single();
        var count = Items(spec, "containers").Count() + Items(spec, "initContainers").Count(c => Find(c, "restartPolicy") == "Always");
        Assert.Matches($@"(?m)^#\s+\S+\s+({count}/{count}\s+Running|0/{count}\s+Completed)\s+0\s+\d+s$", Repository.Read(manifest));
    }

    [Theory]
    [InlineData("k8s/labs/agent-with-logging.yaml", "agent-with-logging", "agent", "logging-sidecar")]
    [InlineData("k8s/labs/agent-with-logging-and-metrics.yaml", "agent-with-sidecars", "agent", "logging-sidecar", "metrics-sidecar")]
    [InlineData("k8s/labs/upstream/agent-with-logging.yaml", "agent-with-logging", "agent", "logging-sidecar")]
    [InlineData("k8s/labs/upstream/agent-with-logging-and-metrics.yaml", "agent-with-sidecars", "agent", "logging-sidecar", "metrics-sidecar")]
    [InlineData("k8s/labs/agent-inference-logging.yaml", "agent-inference-logger", "agent", "log-collector")]
    [InlineData("k8s/labs/upstream/agent-inference-logging.yaml", "agent-inference-logger", "agent", "log-collector")]
    [InlineData("k8s/labs/agent-three-sidecars-mtls.yaml", "agent-three-sidecars-mtls", "agent", "logging-sidecar", "metrics-sidecar", "tls-proxy")]
    [InlineData("k8s/labs/logger.yaml", "logger", "main-container", "sidecar-container")]
    [InlineData("k8s/labs/http-logger.yaml", "http-logger", "main-container", "sidecar-container")]
    [InlineData("k8s/labs/agent-with-all-sidecars.yaml", "agent-with-all-sidecars", "agent", "logging-sidecar", "metrics-sidecar", "tls-proxy")]
    public void The_lessons_Pods_have_the_lessons_names_and_native_sidecars(string manifest, string pod, string main, params string[] sidecars)
    {
        var document = Documents(manifest).Single(d => Scalar(d, "kind") == "Pod");
        var spec = PodSpecs([document]).Single();

        Assert.Equal(pod, Find(document, "metadata", "name"));
        Assert.Equal([main], Items(spec, "containers").Select(c => Scalar(c, "name")));
        Assert.Equal(sidecars, Items(spec, "initContainers").Select(c => Scalar(c, "name")));
        Assert.All(Items(spec, "initContainers"), c => Assert.Equal("Always", Scalar(c, "restartPolicy")));
        Assert.All(Items(spec, "initContainers"), c => Assert.NotNull(Node(c, "startupProbe")));
    }

    /// <summary>What is not ours, each at a version.</summary>
    [GeneratedRegex(@"^(busybox|fluent/fluent-bit|prom/prometheus):v?\d+\.\d+(\.\d+)?$")]
    private static partial Regex ForeignImagePattern();
}
