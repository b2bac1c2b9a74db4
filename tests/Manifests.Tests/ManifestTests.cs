using System.Text.RegularExpressions;
using static Manifests.Tests.Manifest;

namespace Manifests.Tests;

public sealed partial class ManifestTests
{
    public static TheoryData<string> Manifests => [.. ManifestFiles.FindManifests()];

    public static TheoryData<string> Labs =>
        [.. ManifestFiles.FindManifests().Where(manifest => manifest.StartsWith("k8s/labs/", StringComparison.Ordinal))];

    [RequiresOpenApiTheory]
    [MemberData(nameof(Manifests))]
    public void Manifest_is_valid_against_the_schema_of_a_cluster(string manifest) =>
        Assert.Empty(ReadDocuments(manifest).SelectMany(OpenApiSchema.Available!.ValidateDocument));

    [RequiresOpenApiTheory]
    [InlineData(
        "{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: [{name: a, image: x, bogus: 1}]}}",
        "unknown field \"spec.containers[0].bogus\"")]
    [InlineData(
        "{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: [{name: a, image: x, ports: [{containerPort: '8000'}]}]}}",
        "spec.containers[0].ports[0].containerPort: '8000' is not an integer")]
    [InlineData(
        "{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: [{image: x}]}}", "spec.containers[0].name: Required value")]
    [InlineData(
        "{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: [{name: a, env: [{name: N, value: 4}]}]}}",
        "spec.containers[0].env[0].value: '4' is not a string (quote it)")]
    [InlineData(
        "{apiVersion: v1, kind: Podd, metadata: {name: bad}}",
        "no matches for kind \"Podd\" in version \"v1\"")]
    public void Mistake_in_a_manifest_is_reported_with_its_place(string yaml, string expected) =>
        Assert.Equal([expected], ParseDocuments(yaml).SelectMany(OpenApiSchema.Available!.ValidateDocument));

    [Theory]
    [MemberData(nameof(Labs))]
    public void Every_referenced_object_is_defined_or_explained_in_the_manifest(string manifest)
    {
        var text = Repository.ReadText(manifest);
        // The command for an object that users create by hand, such as a certificate, is in the comment at the head.
        PodRules.AssertNamesAreDefined(ReadDocuments(manifest), (kind, name) =>
            text.Contains($"kubectl create {kind.ToLowerInvariant()} ", StringComparison.Ordinal)
            && text.Contains($" {name} --", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Containers_are_restricted_have_limits_and_use_known_images(string manifest)
    {
        PodRules.AssertRestricted(
            ReadDocuments(manifest), image => ManifestFiles.OwnImages.Contains(image) || ForeignImagePattern().IsMatch(image));
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void Comment_at_the_head_shows_the_READY_count_of_the_containers(string manifest)
    {
        var spec = FindPodSpecs(ReadDocuments(manifest)).Single();
        var sidecars = GetItems(spec, "initContainers").Count(container => FindText(container, "restartPolicy") == "Always");
        var count = GetItems(spec, "containers").Count() + sidecars;
        Assert.Matches($@"(?m)^#\s+\S+\s+({count}/{count}\s+Running|0/{count}\s+Completed)\s+0\s+\d+s$", Repository.ReadText(manifest));
    }

    [Theory]
    [InlineData("k8s/labs/agent-with-logging.yaml", "agent-with-logging", "agent", "logging-sidecar")]
    [InlineData("k8s/labs/agent-with-logging-and-metrics.yaml", "agent-with-sidecars", "agent", "logging-sidecar", "metrics-sidecar")]
    [InlineData("k8s/labs/upstream/agent-with-logging.yaml", "agent-with-logging", "agent", "logging-sidecar")]
    [InlineData(
        "k8s/labs/upstream/agent-with-logging-and-metrics.yaml", "agent-with-sidecars", "agent", "logging-sidecar", "metrics-sidecar")]
    [InlineData("k8s/labs/agent-inference-logging.yaml", "agent-inference-logger", "agent", "log-collector")]
    [InlineData("k8s/labs/upstream/agent-inference-logging.yaml", "agent-inference-logger", "agent", "log-collector")]
    [InlineData(
        "k8s/labs/agent-three-sidecars-mtls.yaml", "agent-three-sidecars-mtls", "agent", "logging-sidecar", "metrics-sidecar", "tls-proxy")]
    [InlineData("k8s/labs/logger.yaml", "logger", "main-container", "sidecar-container")]
    [InlineData("k8s/labs/http-logger.yaml", "http-logger", "main-container", "sidecar-container")]
    [InlineData(
        "k8s/labs/agent-with-all-sidecars.yaml", "agent-with-all-sidecars", "agent", "logging-sidecar", "metrics-sidecar", "tls-proxy")]
    public void Pods_of_the_lesson_have_its_names_and_native_sidecars(string manifest, string pod, string main, params string[] sidecars)
    {
        var document = ReadDocuments(manifest).Single(d => GetText(d, "kind") == "Pod");
        var spec = FindPodSpecs([document]).Single();

        Assert.Equal(pod, FindText(document, "metadata", "name"));
        Assert.Equal([main], GetItems(spec, "containers").Select(c => GetText(c, "name")));
        Assert.Equal(sidecars, GetItems(spec, "initContainers").Select(c => GetText(c, "name")));
        Assert.All(GetItems(spec, "initContainers"), c => Assert.Equal("Always", GetText(c, "restartPolicy")));
        Assert.All(GetItems(spec, "initContainers"), c => Assert.NotNull(FindNode(c, "startupProbe")));
    }

    /// <summary>The images of other projects, each with a version.</summary>
    [GeneratedRegex(@"^(busybox|fluent/fluent-bit|prom/prometheus):v?\d+\.\d+(\.\d+)?$")]
    private static partial Regex ForeignImagePattern();
}
