using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>A ConfigMap or Secret that a Pod names and nobody has made.</summary>
/// <param name="Kind"><c>configmap</c> or <c>secret</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Key">The key that it lacks; null when there is no such object.</param>
/// <param name="Place">Where the Pod names it, below its spec.</param>
/// <param name="Volume">The volume that it belongs to; null for an environment variable.</param>
internal sealed record MissingReference(string Kind, string Name, string? Key, string Place, Volume? Volume)
{
    public string Message => (Key, Volume) switch
    {
        (null, null) => $"{Kind} \"{Name}\" not found",
        (null, _) => $"MountVolume.SetUp failed for volume \"{Volume.Name}\" : {Kind} \"{Name}\" not found",
        (_, null) => $"couldn't find key {Key} in {(Kind == "secret" ? "Secret" : "ConfigMap")} default/{Name}",
        _ => $"MountVolume.SetUp failed for volume \"{Volume.Name}\" : references non-existent {Kind} key: {Key}",
    };

    public string Remedy => Kind == "secret"
        ? $"add the Secret to the manifest, or: kubectl create secret generic {Name} --from-file={Key ?? "FILE"} --dry-run=client -o yaml > {Name}.yaml, and give that file to the lab too"
        : $"add the ConfigMap to the manifest, or: kubectl create configmap {Name} --from-file={Key ?? "FILE"} --dry-run=client -o yaml > {Name}.yaml, and give that file to the lab too";

    /// <summary>Everything that a Pod needs and does not find.</summary>
    public static IReadOnlyList<MissingReference> Of(PodSpec spec, PodConfiguration configuration)
    {
        var missing = new List<MissingReference>();
        for (var index = 0; index < spec.Volumes.Count; index++)
        {
            var volume = spec.Volumes[index];
            var place = $"volumes[{index}]";
            FromConfigMap(volume.ConfigMap, $"{place}.configMap", volume);
            FromSecret(volume.Secret, $"{place}.secret", volume);
            var sources = volume.Projected?.Sources ?? [];
            for (var source = 0; source < sources.Count; source++)
            {
                FromConfigMap(sources[source].ConfigMap, $"{place}.projected.sources[{source}].configMap", volume);
                FromSecret(sources[source].Secret, $"{place}.projected.sources[{source}].secret", volume);
            }
        }

        FromContainers(spec.InitContainers, "initContainers");
        FromContainers(spec.Containers, "containers");
        return missing;

        void FromConfigMap(ConfigMapVolume? source, string place, Volume volume)
        {
            if (source is { Optional: false })
            {
                Need("configmap", source.Name, Keys(configuration.ConfigMap(source.Name)), source.Items.Select(item => item.Key), place, volume);
            }
        }

        void FromSecret(SecretVolume? source, string place, Volume volume)
        {
            if (source is { Optional: false })
            {
                Need("secret", source.Reference, configuration.Secret(source.Reference)?.Content().Keys, source.Items.Select(item => item.Key), place, volume);
            }
        }

        void FromContainers(IReadOnlyList<Container> containers, string list)
        {
            for (var container = 0; container < containers.Count; container++)
            {
                for (var index = 0; index < containers[container].Env.Count; index++)
                {
                    var place = $"{list}[{container}].env[{index}].valueFrom";
                    if (containers[container].Env[index].ValueFrom?.ConfigMapKeyRef is { Optional: false } map)
                    {
                        Need("configmap", map.Name, Keys(configuration.ConfigMap(map.Name)), [map.Key], $"{place}.configMapKeyRef", null);
                    }

                    if (containers[container].Env[index].ValueFrom?.SecretKeyRef is { Optional: false } secret)
                    {
                        Need("secret", secret.Name, configuration.Secret(secret.Name)?.Content().Keys, [secret.Key], $"{place}.secretKeyRef", null);
                    }
                }

                for (var index = 0; index < containers[container].EnvFrom.Count; index++)
                {
                    var place = $"{list}[{container}].envFrom[{index}]";
                    if (containers[container].EnvFrom[index].ConfigMapRef is { Optional: false } map)
                    {
                        Need("configmap", map.Name, Keys(configuration.ConfigMap(map.Name)), [], $"{place}.configMapRef", null);
                    }

                    if (containers[container].EnvFrom[index].SecretRef is { Optional: false } secret)
                    {
                        Need("secret", secret.Name, configuration.Secret(secret.Name)?.Content().Keys, [], $"{place}.secretRef", null);
                    }
                }
            }
        }

        void Need(string kind, string name, IEnumerable<string>? keys, IEnumerable<string> wanted, string place, Volume? volume)
        {
            if (keys is null)
            {
                missing.Add(new(kind, name, null, place, volume));
            }
            else
            {
                missing.AddRange(wanted.Where(key => !keys.Contains(key)).Select(key => new MissingReference(kind, name, key, place, volume)));
            }
        }

        static IEnumerable<string>? Keys(ConfigMap? configMap) => configMap?.Data.Keys.Concat(configMap.BinaryData.Keys);
    }
}
