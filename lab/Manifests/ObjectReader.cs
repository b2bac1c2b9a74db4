using System.Text.Json.Nodes;
using Lab.Admission;

namespace Lab.Manifests;

/// <summary>Turns the JSON of a document into objects: checks kind, fields and name as the API server does.</summary>
internal static class ObjectReader
{
    // Kinds without a field table that are meaningful in a cluster, but not on a single machine.
    private static readonly HashSet<string> KindsWithoutTable = new(StringComparer.Ordinal)
    {
        "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "PodMonitor", "ServiceMonitor", "PrometheusRule", "Certificate",
        "Issuer", "ClusterIssuer", "Kustomization", "Component", "PriorityClass", "StorageClass", "PersistentVolume", "Gateway",
        "HTTPRoute", "GRPCRoute", "VerticalPodAutoscaler", "ScaledObject", "ExternalSecret", "IngressClass", "RuntimeClass",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    };

    /// <summary>Reads the object of a document, or the items of a List.</summary>
    /// <exception cref="ManifestException">The object has mistakes.</exception>
    public static IEnumerable<KubernetesObject> ReadObjects(JsonNode root, SourceMap source)
    {
        if (root is not JsonObject json)
        {
            throw source.CreateError("", "not a Kubernetes object: expected a map with apiVersion and kind");
        }

        ManifestJson.RemoveNulls(json);
        var apiVersion = ManifestJson.ReadText(json, "apiVersion") ?? throw source.CreateError("apiVersion", "apiVersion not set");
        var kind = ManifestJson.ReadText(json, "kind") ?? throw source.CreateError("kind", "kind not set");
        return kind == "List" && json["items"] is JsonArray items
            ? items.SelectMany(item => ReadObjects(item!.DeepClone(), source))
            : [ReadObject(json, apiVersion, kind, source)];
    }

    private static KubernetesObject ReadObject(JsonObject json, string apiVersion, string kind, SourceMap source)
    {
        if (!FieldTable.Instance.ContainsKind(apiVersion, kind) && !KindsWithoutTable.Contains(kind))
        {
            throw source.CreateError("kind", $"no matches for kind \"{kind}\" in version \"{apiVersion}\"");
        }

        var lines = FieldTable.Instance.CheckFields(apiVersion, kind, json)
            .Select(error => source.CreateError(error.Path, error.Message).Message)
            .ToList();
        if (lines.Count > 0)
        {
            throw new ManifestException(string.Join('\n', lines));
        }

        var metadata = json["metadata"] as JsonObject;
        var name = ManifestJson.ReadText(metadata, "name") ?? ManifestJson.ReadText(metadata, "generateName")?.TrimEnd('-') ?? "";
        var item = new KubernetesObject(apiVersion, kind, name, json, source);
        if (kind is "Kustomization" or "Component")
        {
            return item;
        }

        if (name.Length == 0)
        {
            throw source.CreateError("metadata.name", $"{kind}: metadata.name: Required value: name or generateName is required");
        }

        if (NameRules.CheckSubdomain("metadata.name", name) is { } message)
        {
            item.ThrowIfInvalid([new("metadata.name", message)]);
        }

        return item;
    }
}
