using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Objects;

/// <summary>Everything that the given manifests hold, checked as the API server would.</summary>
internal sealed class ManifestSet
{
    // Kinds without a field table that belong into a cluster and mean nothing to a single machine.
    private static readonly HashSet<string> KnownByName = new(StringComparer.Ordinal)
    {
        "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "PodMonitor", "ServiceMonitor", "PrometheusRule", "Certificate", "Issuer",
        "ClusterIssuer", "Kustomization", "Component", "PriorityClass", "StorageClass", "PersistentVolume", "Gateway", "HTTPRoute", "GRPCRoute",
        "VerticalPodAutoscaler", "ScaledObject", "ExternalSecret", "IngressClass", "RuntimeClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    };

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNameCaseInsensitive = false, NumberHandling = 0 };

    private readonly Dictionary<string, ConfigMap> _configMaps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Secret> _secrets = new(StringComparer.Ordinal);
    private readonly List<Workload> _workloads = [];
    private readonly List<KubernetesObject> _notNeeded = [];
    private readonly Dictionary<(string Kind, string Name), KubernetesObject> _seen = [];

    public IReadOnlyList<Workload> Workloads => _workloads;

    public IReadOnlyDictionary<string, ConfigMap> ConfigMaps => _configMaps;

    public IReadOnlyDictionary<string, Secret> Secrets => _secrets;

    /// <summary>Objects that are fine and have no meaning on one machine, such as a Service.</summary>
    public IReadOnlyList<KubernetesObject> NotNeeded => _notNeeded;

    /// <summary>Reads and checks manifests.</summary>
    /// <exception cref="ManifestException">One of them cannot be used.</exception>
    public static ManifestSet Read(IEnumerable<(string File, string Text)> manifests)
    {
        var set = new ManifestSet();
        foreach (var (file, text) in manifests)
        {
            foreach (var (root, source) in YamlReader.Read(file, text))
            {
                set.Add(root, source);
            }
        }

        return set;
    }

    private void Add(JsonNode root, SourceMap source)
    {
        if (root is not JsonObject json)
        {
            throw source.Error("", "not a Kubernetes object: expected a map with apiVersion and kind");
        }

        RemoveNulls(json);
        var apiVersion = Text(json, "apiVersion") ?? throw source.Error("apiVersion", "apiVersion not set");
        var kind = Text(json, "kind") ?? throw source.Error("kind", "kind not set");
        if (kind == "List" && json["items"] is JsonArray items)
        {
            foreach (var item in items)
            {
                Add(item!.DeepClone(), source);
            }

            return;
        }

        if (!FieldTable.Instance.Knows(apiVersion, kind) && !KnownByName.Contains(kind))
        {
            throw source.Error("kind", $"no matches for kind \"{kind}\" in version \"{apiVersion}\"");
        }

        Refuse(source, FieldTable.Instance.Check(apiVersion, kind, json));
        var name = Text(json["metadata"] as JsonObject, "name") ?? Text(json["metadata"] as JsonObject, "generateName")?.TrimEnd('-') ?? "";
        if (kind is "Kustomization" or "Component")
        {
            _notNeeded.Add(new(apiVersion, kind, name, json, source));
            return;
        }

        if (name.Length == 0)
        {
            throw source.Error("metadata.name", $"{kind}: metadata.name: Required value: name or generateName is required");
        }

        if (Names.CheckSubdomain("metadata.name", name) is { } wrongName)
        {
            throw source.Error("metadata.name", Invalid(kind, name, wrongName));
        }

        var item2 = new KubernetesObject(apiVersion, kind, name, json, source);
        if (!_seen.TryAdd((kind, name), item2))
        {
            var first = _seen[(kind, name)];
            throw item2.Error(new("metadata.name", $"{kind} \"{name}\" is defined twice: first in {first.Source.File}:{first.Source.LineOf("metadata.name")}"));
        }

        Take(item2);
    }

    private void Take(KubernetesObject item)
    {
        switch (item.ApiVersion, item.Kind)
        {
            case ("v1", "Pod"):
                TakeWorkload(item, "spec", item.Json);
                break;
            case ("apps/v1", "Deployment"):
                CheckSelector(item);
                TakeWorkload(item, "spec.template.spec", item.Json["spec"]!["template"]!.AsObject());
                break;
            case ("batch/v1", "Job"):
                TakeWorkload(item, "spec.template.spec", item.Json["spec"]!["template"]!.AsObject());
                break;
            case ("v1", "ConfigMap"):
                var configMap = item.Json.Deserialize<ConfigMap>(Json)!;
                CheckKeys(item, "data", configMap.Data.Keys);
                CheckKeys(item, "binaryData", configMap.BinaryData.Keys);
                _configMaps.Add(item.Name, configMap);
                break;
            case ("v1", "Secret"):
                var secret = item.Json.Deserialize<Secret>(Json)!;
                CheckKeys(item, "data", secret.Data.Keys);
                CheckKeys(item, "stringData", secret.StringData.Keys);
                _secrets.Add(item.Name, secret);
                break;
            default:
                _notNeeded.Add(item);
                break;
        }
    }

    private void TakeWorkload(KubernetesObject item, string specPath, JsonObject podJson)
    {
        var pod = podJson.Deserialize<Pod>(Json)!;
        var metadata = pod.Metadata with { Name = item.Name, Uid = Guid.NewGuid().ToString() };
        Refuse(
            item,
            PodAdmission.Check(pod.Spec, podJson["spec"]!.AsObject(), specPath)
                .Select(error => new ObjectError($"{specPath}.{error.Path}", error.Message)));
        if (item.Kind == "Job" && pod.Spec.RestartPolicy == RestartPolicies.Always)
        {
            Refuse(item, [new($"{specPath}.restartPolicy", $"{specPath}.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"")]);
        }

        _workloads.Add(new(item.Kind, pod with { Metadata = metadata }, specPath, item));
    }

    private static void CheckSelector(KubernetesObject item)
    {
        var labels = item.Json["spec"]!["template"]!["metadata"]?["labels"] as JsonObject ?? [];
        var matches = item.Json["spec"]!["selector"]!["matchLabels"] as JsonObject ?? [];
        if (matches.Any(label => Text(labels, label.Key) != label.Value!.GetValue<string>()))
        {
            Refuse(item, [new("spec.template.metadata.labels", $"spec.template.metadata.labels: Invalid value: {labels.ToJsonString()}: `selector` does not match template `labels`")]);
        }
    }

    private static void CheckKeys(KubernetesObject item, string field, IEnumerable<string> keys)
    {
        foreach (var key in keys.Where(key => !Names.IsKey(key)))
        {
            Refuse(item, [new($"{field}.{key}", $"{field}: Invalid value: \"{key}\": a valid config key must consist of alphanumeric characters, '-', '_' or '.'")]);
        }
    }

    private static void Refuse(KubernetesObject item, IEnumerable<ObjectError> errors) =>
        Refuse(item.Source, errors.Select(error => error with { Message = Invalid(item.Kind, item.Name, error.Message) }));

    private static void Refuse(SourceMap source, IEnumerable<ObjectError> errors)
    {
        var lines = errors.Select(error => source.Error(error.Path, error.Message).Message).ToList();
        if (lines.Count > 0)
        {
            throw new ManifestException(string.Join('\n', lines));
        }
    }

    private static string Invalid(string kind, string name, string message) => $"The {kind} \"{name}\" is invalid: {message}";

    private static string? Text(JsonObject? json, string field) =>
        json?[field] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private static void RemoveNulls(JsonNode? node)
    {
        if (node is JsonObject json)
        {
            foreach (var name in json.Where(field => field.Value is null).Select(field => field.Key).ToList())
            {
                json.Remove(name);
            }

            foreach (var (_, value) in json)
            {
                RemoveNulls(value);
            }
        }
        else if (node is JsonArray array)
        {
            for (var index = array.Count - 1; index >= 0; index--)
            {
                if (array[index] is null)
                {
                    array.RemoveAt(index);
                }
                else
                {
                    RemoveNulls(array[index]);
                }
            }
        }
    }
}
