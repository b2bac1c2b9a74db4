using YamlDotNet.RepresentationModel;

namespace Manifests.Tests;

/// <summary>Reads what stands in Kubernetes objects.</summary>
internal static class Manifest
{
    public static List<YamlMappingNode> Documents(string manifest) => Parse(Repository.Read(manifest));

    public static List<YamlMappingNode> Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(d => d.RootNode).OfType<YamlMappingNode>()];
    }

    public static IEnumerable<YamlMappingNode> PodSpecs(IEnumerable<YamlMappingNode> documents) => documents
        .Select(d => Scalar(d, "kind") switch
        {
            "Pod" => Node(d, "spec"),
            "Deployment" or "Job" => Node(d, "spec", "template", "spec"),
            _ => null,
        })
        .OfType<YamlMappingNode>();

    public static IEnumerable<YamlMappingNode> Containers(YamlMappingNode spec) => Items(spec, "initContainers").Concat(Items(spec, "containers"));

    public static IEnumerable<(string Kind, string Name)> References(YamlMappingNode spec, IEnumerable<YamlMappingNode> volumes)
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

        foreach (var source in Containers(spec).SelectMany(c => Items(c, "envFrom")))
        {
            if (Find(source, "configMapRef", "name") is { } configMap)
            {
                yield return ("ConfigMap", configMap);
            }

            if (Find(source, "secretRef", "name") is { } secret)
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

    public static IEnumerable<YamlMappingNode> Items(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var items) ? ((YamlSequenceNode)items).Children.Cast<YamlMappingNode>() : [];

    public static string Scalar(YamlMappingNode node, string key) => Find(node, key) ?? "";

    public static string? Find(YamlMappingNode node, params string[] path) => (Node(node, path) as YamlScalarNode)?.Value;

    public static YamlNode? Node(YamlMappingNode node, params string[] path)
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
