using YamlDotNet.RepresentationModel;

namespace Manifests.Tests;

public sealed class ManifestTests
{
    public static TheoryData<string> Manifests => [.. Repository.Manifests()];

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
    [MemberData(nameof(Manifests))]
    public void Every_name_in_it_leads_somewhere(string manifest)
    {
        var documents = Documents(manifest).ToList();
        var text = Repository.Read(manifest);
        foreach (var spec in PodSpecs(documents))
        {
            var volumes = Items(spec, "volumes").ToDictionary(v => Scalar(v, "name"));
            foreach (var container in Containers(spec))
            {
                var name = Scalar(container, "name");
                Assert.All(Items(container, "volumeMounts"), m => Assert.Contains(Scalar(m, "name"), volumes.Keys));

                var ports = Items(container, "ports").Select(p => Scalar(p, "name")).Concat(Items(container, "ports").Select(p => Scalar(p, "containerPort"))).ToHashSet();
                foreach (var probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" })
                {
                    if ((Find(container, probe, "httpGet", "port") ?? Find(container, probe, "tcpSocket", "port")) is { } port)
                    {
                        Assert.True(ports.Contains(port), $"{name}: {probe} asks for port {port}, which the container does not have");
                    }
                }
            }

            foreach (var (kind, reference) in References(spec, volumes.Values))
            {
                var isDefined = documents.Exists(d => Scalar(d, "kind") == kind && Find(d, "metadata", "name") == reference);
                // One that is made by hand, such as a certificate, has its command in the head of the file.
                Assert.True(isDefined || text.Contains($"kubectl create {kind.ToLowerInvariant()} ", StringComparison.Ordinal) && text.Contains($" {reference} --", StringComparison.Ordinal), $"{kind} {reference} is neither defined nor explained");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Its_containers_are_restricted_bounded_and_known(string manifest)
    {
        foreach (var spec in PodSpecs(Documents(manifest)))
        {
            Assert.Equal("false", Find(spec, "automountServiceAccountToken"));
            Assert.Equal("true", Find(spec, "securityContext", "runAsNonRoot"));
            Assert.Equal("RuntimeDefault", Find(spec, "securityContext", "seccompProfile", "type"));
            foreach (var container in Containers(spec))
            {
                Assert.Contains(Scalar(container, "image"), Repository.Images);
                Assert.Equal("IfNotPresent", Find(container, "imagePullPolicy"));
                Assert.Equal("false", Find(container, "securityContext", "allowPrivilegeEscalation"));
                Assert.Equal("true", Find(container, "securityContext", "readOnlyRootFilesystem"));
                var drop = (YamlSequenceNode)Node(container, "securityContext", "capabilities", "drop")!;
                Assert.Equal(["ALL"], drop.Select(d => ((YamlScalarNode)d).Value!));
                foreach (var resource in new[] { "cpu", "memory" })
                {
                    Assert.NotNull(Find(container, "resources", "requests", resource));
                    Assert.NotNull(Find(container, "resources", "limits", resource));
                }
            }
        }
    }

    [Theory]
    [InlineData("k8s/labs/agent-with-logging.yaml", "agent-with-logging", "agent", "logging-sidecar")]
    [InlineData("k8s/labs/agent-with-logging-and-metrics.yaml", "agent-with-sidecars", "agent", "logging-sidecar", "metrics-sidecar")]
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

    private static List<YamlMappingNode> Documents(string manifest) => Parse(Repository.Read(manifest));

    private static List<YamlMappingNode> Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(d => d.RootNode).OfType<YamlMappingNode>()];
    }

    private static IEnumerable<YamlMappingNode> PodSpecs(IEnumerable<YamlMappingNode> documents) => documents
        .Select(d => Scalar(d, "kind") switch
        {
            "Pod" => Node(d, "spec"),
            "Deployment" or "Job" => Node(d, "spec", "template", "spec"),
            _ => null,
        })
        .OfType<YamlMappingNode>();

    private static IEnumerable<YamlMappingNode> Containers(YamlMappingNode spec) => Items(spec, "initContainers").Concat(Items(spec, "containers"));

    private static IEnumerable<(string Kind, string Name)> References(YamlMappingNode spec, IEnumerable<YamlMappingNode> volumes)
    {
        foreach (var volume in volumes)
        {
            if (Find(volume, "configMap", "name") is { } configMap)
            {
                yield return ("ConfigMap", configMap);
            }

            if (Find(volume, "secret", "secretName") is { } secret)
            {
                yield return ("Secret", secret);
            }
        }

        foreach (var variable in Containers(spec).SelectMany(c => Items(c, "env")))
        {
            if (Find(variable, "valueFrom", "configMapKeyRef", "name") is { } configMap)
            {
                yield return ("ConfigMap", configMap);
            }

            if (Find(variable, "valueFrom", "secretKeyRef", "name") is { } secret)
            {
                yield return ("Secret", secret);
            }
        }
    }

    private static IEnumerable<YamlMappingNode> Items(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var items) ? ((YamlSequenceNode)items).Children.Cast<YamlMappingNode>() : [];

    private static string Scalar(YamlMappingNode node, string key) => Find(node, key) ?? "";

    private static string? Find(YamlMappingNode node, params string[] path) => (Node(node, path) as YamlScalarNode)?.Value;

    private static YamlNode? Node(YamlMappingNode node, params string[] path)
    {
        YamlNode current = node;
        foreach (var key in path)
        {
            if (current is not YamlMappingNode mapping || !mapping.Children.TryGetValue(key, out current!))
            {
                return null;
            }
        }

        return current;
    }
}
