using System.Text.Json;
using Lab.Admission;
using Lab.Objects;

namespace Lab.Manifests;

/// <summary>All objects of the given manifests, checked as the API server would check them.</summary>
internal sealed class ManifestSet
{
    private readonly Dictionary<string, ConfigMap> _configMaps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Secret> _secrets = new(StringComparer.Ordinal);
    private readonly List<Workload> _workloads = [];
    private readonly List<KubernetesObject> _notNeeded = [];
    private readonly Dictionary<(string Kind, string Name), KubernetesObject> _objects = [];

    private ManifestSet()
    {
    }

    public IReadOnlyList<Workload> Workloads => _workloads;

    public IReadOnlyDictionary<string, ConfigMap> ConfigMaps => _configMaps;

    public IReadOnlyDictionary<string, Secret> Secrets => _secrets;

    /// <summary>Valid objects without a meaning on a single machine, such as a Service.</summary>
    public IReadOnlyList<KubernetesObject> NotNeeded => _notNeeded;

    /// <summary>Reads and checks manifests.</summary>
    /// <exception cref="ManifestException">A manifest has mistakes.</exception>
    public static ManifestSet ReadManifests(IEnumerable<(string File, string Text)> manifests)
    {
        var set = new ManifestSet();
        foreach (var (file, text) in manifests)
        {
            foreach (var (root, source) in YamlReader.ReadDocuments(file, text))
            {
                foreach (var item in ObjectReader.ReadObjects(root, source))
                {
                    set.AddObject(item);
                }
            }
        }

        return set;
    }

    private void AddObject(KubernetesObject item)
    {
        // Kustomize files have no name.
        if (item.Name.Length > 0 && item.Kind is not ("Kustomization" or "Component") && !_objects.TryAdd((item.Kind, item.Name), item))
        {
            var first = _objects[(item.Kind, item.Name)].Source;
            throw item.Source.CreateError(
                "metadata.name",
                $"{item.Kind} \"{item.Name}\" is defined twice: first in {first.File}:{first.FindLine("metadata.name")}");
        }

        switch (item.ApiVersion, item.Kind)
        {
            case ("v1", "Pod"):
                _workloads.Add(WorkloadReader.ReadPod(item));
                break;
            case ("apps/v1", "Deployment"):
                _workloads.Add(WorkloadReader.ReadDeployment(item));
                break;
            case ("batch/v1", "Job"):
                _workloads.Add(WorkloadReader.ReadJob(item));
                break;
            case ("v1", "ConfigMap"):
                AddConfigMap(item);
                break;
            case ("v1", "Secret"):
                AddSecret(item);
                break;
            default:
                _notNeeded.Add(item);
                break;
        }
    }

    private void AddConfigMap(KubernetesObject item)
    {
        var configMap = item.Json.Deserialize<ConfigMap>(ManifestJson.SerializerOptions)!;
        CheckKeys(item, "data", configMap.Data.Keys);
        CheckKeys(item, "binaryData", configMap.BinaryData.Keys);
        _configMaps.Add(item.Name, configMap);
    }

    private void AddSecret(KubernetesObject item)
    {
        var secret = item.Json.Deserialize<Secret>(ManifestJson.SerializerOptions)!;
        CheckKeys(item, "data", secret.Data.Keys);
        CheckKeys(item, "stringData", secret.StringData.Keys);
        _secrets.Add(item.Name, secret);
    }

    private static void CheckKeys(KubernetesObject item, string field, IEnumerable<string> keys)
    {
        foreach (var key in keys.Where(key => !NameRules.IsValidKey(key)))
        {
            const string Rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
            item.ThrowIfInvalid([new ObjectError($"{field}.{key}", $"{field}: Invalid value: \"{key}\": {Rule}")]);
        }
    }
}
