using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>Finds the ConfigMaps, Secrets and keys that a Pod needs and that do not exist.</summary>
internal sealed class MissingReferenceFinder(PodConfiguration configuration)
{
    private readonly List<MissingReference> _missing = [];

    public static IReadOnlyList<MissingReference> FindMissing(PodSpec spec, PodConfiguration configuration)
    {
        var finder = new MissingReferenceFinder(configuration);
        finder.CheckVolumes(spec.Volumes);
        finder.CheckContainers(spec.InitContainers, "initContainers");
        finder.CheckContainers(spec.Containers, "containers");
        return finder._missing;
    }

    private void CheckVolumes(IReadOnlyList<Volume> volumes)
    {
        for (var index = 0; index < volumes.Count; index++)
        {
            var volume = volumes[index];
            var place = $"volumes[{index}]";
            CheckConfigMapVolume(volume.ConfigMap, $"{place}.configMap", volume);
            CheckSecretVolume(volume.Secret, $"{place}.secret", volume);
            var sources = volume.Projected?.Sources ?? [];
            for (var source = 0; source < sources.Count; source++)
            {
                CheckConfigMapVolume(sources[source].ConfigMap, $"{place}.projected.sources[{source}].configMap", volume);
                CheckSecretVolume(sources[source].Secret, $"{place}.projected.sources[{source}].secret", volume);
            }
        }
    }

    private void CheckConfigMapVolume(ConfigMapVolume? source, string place, Volume volume)
    {
        if (source is { Optional: false })
        {
            RequireConfigMap(source.Name, source.Items.Select(item => item.Key), place, volume);
        }
    }

    private void CheckSecretVolume(SecretVolume? source, string place, Volume volume)
    {
        if (source is { Optional: false })
        {
            RequireSecret(source.Reference, source.Items.Select(item => item.Key), place, volume);
        }
    }

    private void CheckContainers(IReadOnlyList<Container> containers, string list)
    {
        for (var index = 0; index < containers.Count; index++)
        {
            CheckVariables(containers[index], $"{list}[{index}]");
        }
    }

    private void CheckVariables(Container container, string place)
    {
        for (var index = 0; index < container.Env.Count; index++)
        {
            var source = container.Env[index].ValueFrom;
            if (source?.ConfigMapKeyRef is { Optional: false } map)
            {
                RequireConfigMap(map.Name, [map.Key], $"{place}.env[{index}].valueFrom.configMapKeyRef");
            }

            if (source?.SecretKeyRef is { Optional: false } secret)
            {
                RequireSecret(secret.Name, [secret.Key], $"{place}.env[{index}].valueFrom.secretKeyRef");
            }
        }

        for (var index = 0; index < container.EnvFrom.Count; index++)
        {
            if (container.EnvFrom[index].ConfigMapRef is { Optional: false } map)
            {
                RequireConfigMap(map.Name, [], $"{place}.envFrom[{index}].configMapRef");
            }

            if (container.EnvFrom[index].SecretRef is { Optional: false } secret)
            {
                RequireSecret(secret.Name, [], $"{place}.envFrom[{index}].secretRef");
            }
        }
    }

    private void RequireConfigMap(string name, IEnumerable<string> required, string place, Volume? volume = null) =>
        RequireKeys("configmap", name, configuration.FindConfigMap(name)?.GetContent().Keys, required, place, volume);

    private void RequireSecret(string name, IEnumerable<string> required, string place, Volume? volume = null) =>
        RequireKeys("secret", name, configuration.FindSecret(name)?.GetContent().Keys, required, place, volume);

    private void RequireKeys(
        string kind, string name, IEnumerable<string>? existing, IEnumerable<string> required, string place, Volume? volume)
    {
        if (existing is null)
        {
            _missing.Add(new(kind, name, null, place, volume));
        }
        else
        {
            var missing = required.Where(key => !existing.Contains(key));
            _missing.AddRange(missing.Select(key => new MissingReference(kind, name, key, place, volume)));
        }
    }
}
