using YamlDotNet.RepresentationModel;
using static Manifests.Tests.Manifest;

namespace Manifests.Tests;

/// <summary>What holds for every Pod here, beyond what a cluster checks.</summary>
internal static class PodRules
{
    /// <summary>Volumes, ports, ConfigMaps, Secrets, accounts and selectors name what is there.</summary>
    /// <param name="documents">All that is applied together.</param>
    /// <param name="isExplained">Whether an object that is not among them is told how to be made.</param>
    public static void NamesLeadSomewhere(IReadOnlyCollection<YamlMappingNode> documents, Func<string, string, bool> isExplained)
    {
        bool IsDefined(string kind, string name) => documents.Any(d => Scalar(d, "kind") == kind && Find(d, "metadata", "name") == name);
        foreach (var spec in PodSpecs(documents))
        {
            var volumes = Items(spec, "volumes").ToDictionary(v => Scalar(v, "name"));
            foreach (var container in Containers(spec))
            {
                var name = Scalar(container, "name");
                Assert.All(Items(container, "volumeMounts"), m => Assert.Contains(Scalar(m, "name"), volumes.Keys));

                var ports = PortsOf([container]);
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
                Assert.True(IsDefined(kind, reference) || isExplained(kind, reference), $"{kind} {reference} is neither defined nor explained");
            }

            if (Find(spec, "serviceAccountName") is { } account)
            {
                Assert.True(IsDefined("ServiceAccount", account), $"ServiceAccount {account} is not defined");
            }
        }

        foreach (var service in documents.Where(d => Scalar(d, "kind") == "Service"))
        {
            var selected = Selected(documents, Node(service, "spec", "selector"));
            Assert.NotEmpty(selected);
            var ports = PortsOf(selected.SelectMany(Containers));
            Assert.All(Items((YamlMappingNode)Node(service, "spec")!, "ports"), p => Assert.Contains(Find(p, "targetPort")!, ports));
        }
    }

    /// <summary>Pod Security Standard "restricted", a read-only root, bounds, and images that are known.</summary>
    public static void Restricted(IEnumerable<YamlMappingNode> documents, Func<string, bool> isKnown)
    {
        foreach (var spec in PodSpecs(documents))
        {
            Assert.Equal("false", Find(spec, "automountServiceAccountToken"));
            Assert.Equal("true", Find(spec, "securityContext", "runAsNonRoot"));
            Assert.Equal("RuntimeDefault", Find(spec, "securityContext", "seccompProfile", "type"));
            foreach (var container in Containers(spec))
            {
                Assert.True(isKnown(Scalar(container, "image")), $"image {Scalar(container, "image")} is not known");
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

    /// <summary>The specifications of the Pods whose labels a selector matches.</summary>
    public static IReadOnlyList<YamlMappingNode> Selected(IEnumerable<YamlMappingNode> documents, YamlNode? selector)
    {
        var wanted = ((YamlMappingNode)selector!).Children.ToDictionary(p => p.Key.ToString(), p => p.Value.ToString());
        return
        [
            .. documents.Where(d => Labels(d) is { } labels && wanted.All(w => Find(labels, w.Key) == w.Value)).SelectMany(d => PodSpecs([d])),
        ];
    }

    /// <summary>Names and numbers of the ports of containers.</summary>
    public static IReadOnlySet<string> PortsOf(IEnumerable<YamlMappingNode> containers) => containers
        .SelectMany(c => Items(c, "ports"))
        .SelectMany(p => new[] { Scalar(p, "name"), Scalar(p, "containerPort") })
        .ToHashSet();

    private static YamlMappingNode? Labels(YamlMappingNode document) => Scalar(document, "kind") switch
    {
        "Pod" => Node(document, "metadata", "labels") as YamlMappingNode,
        "Deployment" or "Job" => Node(document, "spec", "template", "metadata", "labels") as YamlMappingNode,
        _ => null,
    };
}
