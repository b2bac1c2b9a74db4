using YamlDotNet.RepresentationModel;

namespace Manifests.Tests;

/// <summary>Reads values from Kubernetes objects in YAML.</summary>
internal static class Manifest
{
    /// <summary>The objects in a file of the repository.</summary>
    public static List<YamlMappingNode> ReadDocuments(string manifest) => ParseDocuments(Repository.ReadText(manifest));

    /// <summary>The objects in a text.</summary>
    public static List<YamlMappingNode> ParseDocuments(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(document => document.RootNode).OfType<YamlMappingNode>()];
    }

    /// <summary>The Pod specifications of all Pods, Deployments and Jobs.</summary>
    public static IEnumerable<YamlMappingNode> FindPodSpecs(IEnumerable<YamlMappingNode> documents) => documents
        .Select(document => GetText(document, "kind") switch
        {
            "Pod" => FindNode(document, "spec"),
            "Deployment" or "Job" => FindNode(document, "spec", "template", "spec"),
            _ => null,
        })
        .OfType<YamlMappingNode>();

    /// <summary>The init containers, then the containers.</summary>
    public static IEnumerable<YamlMappingNode> GetContainers(YamlMappingNode spec) =>
        GetItems(spec, "initContainers").Concat(GetItems(spec, "containers"));

    /// <summary>Every ConfigMap and Secret that a Pod uses, as a volume or in its environment.</summary>
    public static IEnumerable<(string Kind, string Name)> FindReferences(YamlMappingNode spec)
    {
        var containers = GetContainers(spec).ToList();
        (string Kind, string?[] Names)[] references =
        [
            ("ConfigMap", [.. GetItems(spec, "volumes").Select(volume => FindText(volume, "configMap", "name"))]),
            ("Secret", [.. GetItems(spec, "volumes").Select(volume => FindText(volume, "secret", "secretName"))]),
            ("ConfigMap", FindAll(containers, "envFrom", "configMapRef", "name")),
            ("Secret", FindAll(containers, "envFrom", "secretRef", "name")),
            ("ConfigMap", FindAll(containers, "env", "valueFrom", "configMapKeyRef", "name")),
            ("Secret", FindAll(containers, "env", "valueFrom", "secretKeyRef", "name")),
        ];
        return references.SelectMany(reference => reference.Names.OfType<string>().Select(name => (reference.Kind, name)));
    }

    /// <summary>The items of a sequence; empty if the key is missing.</summary>
    public static IEnumerable<YamlMappingNode> GetItems(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var items) ? ((YamlSequenceNode)items).Children.Cast<YamlMappingNode>() : [];

    /// <summary>The text of a scalar; empty if the key is missing.</summary>
    public static string GetText(YamlMappingNode node, string key) => FindText(node, key) ?? "";

    /// <summary>The text of the scalar at a path; null if there is none.</summary>
    public static string? FindText(YamlMappingNode node, params string[] path) => (FindNode(node, path) as YamlScalarNode)?.Value;

    /// <summary>The node at a path; null if there is none.</summary>
    public static YamlNode? FindNode(YamlMappingNode node, params string[] path)
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

    private static string?[] FindAll(IEnumerable<YamlMappingNode> containers, string sequence, params string[] path) =>
        [.. containers.SelectMany(container => GetItems(container, sequence)).Select(item => FindText(item, path))];
}
