using YamlDotNet.RepresentationModel;
using static Manifests.Tests.Manifest;

namespace Manifests.Tests;

/// <summary>The rules for every Pod in the repository, in addition to the checks of a cluster.</summary>
internal static class PodRules
{
    /// <summary>Asserts that volumes, ports, ConfigMaps, Secrets, accounts and selectors refer to something that is defined.</summary>
    /// <param name="documents">All objects that are applied together.</param>
    /// <param name="isExplained">Whether the documentation explains how to create an object that is not among them.</param>
    public static void AssertNamesAreDefined(IReadOnlyCollection<YamlMappingNode> documents, Func<string, string, bool> isExplained)
    {
        bool IsDefined(string kind, string name) =>
            documents.Any(d => GetText(d, "kind") == kind && FindText(d, "metadata", "name") == name);
        foreach (var spec in FindPodSpecs(documents))
        {
            var volumes = GetItems(spec, "volumes").ToDictionary(v => GetText(v, "name"));
            foreach (var container in GetContainers(spec))
            {
                var name = GetText(container, "name");
                Assert.All(GetItems(container, "volumeMounts"), m => Assert.Contains(GetText(m, "name"), volumes.Keys));

                var ports = FindPorts([container]);
                foreach (var probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" })
                {
                    if ((FindText(container, probe, "httpGet", "port") ?? FindText(container, probe, "tcpSocket", "port")) is { } port)
                    {
                        Assert.True(ports.Contains(port), $"{name}: {probe} uses port {port}, which the container does not declare");
                    }
                }
            }

            foreach (var (kind, reference) in FindReferences(spec))
            {
                Assert.True(
                    IsDefined(kind, reference) || isExplained(kind, reference), $"{kind} {reference} is neither defined nor explained");
            }

            if (FindText(spec, "serviceAccountName") is { } account)
            {
                Assert.True(IsDefined("ServiceAccount", account), $"ServiceAccount {account} is not defined");
            }
        }

        foreach (var service in documents.Where(d => GetText(d, "kind") == "Service"))
        {
            var selected = FindSelectedSpecs(documents, FindNode(service, "spec", "selector"));
            Assert.NotEmpty(selected);
            var ports = FindPorts(selected.SelectMany(GetContainers));
            Assert.All(
                GetItems((YamlMappingNode)FindNode(service, "spec")!, "ports"), p => Assert.Contains(FindText(p, "targetPort")!, ports));
        }
    }

    /// <summary>Asserts the Pod Security Standard "restricted", a read-only root, requests and limits, and known images.</summary>
    public static void AssertRestricted(IEnumerable<YamlMappingNode> documents, Func<string, bool> isKnown)
    {
        foreach (var spec in FindPodSpecs(documents))
        {
            Assert.Equal("false", FindText(spec, "automountServiceAccountToken"));
            Assert.Equal("true", FindText(spec, "securityContext", "runAsNonRoot"));
            Assert.Equal("RuntimeDefault", FindText(spec, "securityContext", "seccompProfile", "type"));
            foreach (var container in GetContainers(spec))
            {
                Assert.True(isKnown(GetText(container, "image")), $"image {GetText(container, "image")} is not known");
                Assert.Equal("IfNotPresent", FindText(container, "imagePullPolicy"));
                Assert.Equal("false", FindText(container, "securityContext", "allowPrivilegeEscalation"));
                Assert.Equal("true", FindText(container, "securityContext", "readOnlyRootFilesystem"));
                var drop = (YamlSequenceNode)FindNode(container, "securityContext", "capabilities", "drop")!;
                Assert.Equal(["ALL"], drop.Select(d => ((YamlScalarNode)d).Value!));
                foreach (var resource in new[] { "cpu", "memory" })
                {
                    Assert.NotNull(FindText(container, "resources", "requests", resource));
                    Assert.NotNull(FindText(container, "resources", "limits", resource));
                }
            }
        }
    }

    /// <summary>The specifications of the Pods whose labels a selector matches.</summary>
    public static IReadOnlyList<YamlMappingNode> FindSelectedSpecs(IEnumerable<YamlMappingNode> documents, YamlNode? selector)
    {
        var wanted = ((YamlMappingNode)selector!).Children.ToDictionary(p => p.Key.ToString(), p => p.Value.ToString());
        return
        [
            .. documents
                .Where(document => FindLabels(document) is { } labels && wanted.All(label => FindText(labels, label.Key) == label.Value))
                .SelectMany(document => FindPodSpecs([document])),
        ];
    }

    /// <summary>The names and the numbers of the ports that containers declare.</summary>
    public static IReadOnlySet<string> FindPorts(IEnumerable<YamlMappingNode> containers) => containers
        .SelectMany(c => GetItems(c, "ports"))
        .SelectMany(p => new[] { GetText(p, "name"), GetText(p, "containerPort") })
        .ToHashSet();

    private static YamlMappingNode? FindLabels(YamlMappingNode document) => GetText(document, "kind") switch
    {
        "Pod" => FindNode(document, "metadata", "labels") as YamlMappingNode,
        "Deployment" or "Job" => FindNode(document, "spec", "template", "metadata", "labels") as YamlMappingNode,
        _ => null,
    };
}
