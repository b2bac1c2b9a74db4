using System.Collections.Concurrent;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>The ConfigMaps and Secrets that Pods read, as they are now.</summary>
internal sealed class PodConfiguration(IReadOnlyDictionary<string, ConfigMap> configMaps, IReadOnlyDictionary<string, Secret> secrets)
{
    private readonly ConcurrentDictionary<string, ConfigMap> _configMaps = new(configMaps);
    private readonly ConcurrentDictionary<string, Secret> _secrets = new(secrets);

    public ConfigMap? ConfigMap(string name) => _configMaps.GetValueOrDefault(name);

    public Secret? Secret(string name) => _secrets.GetValueOrDefault(name);

    public void Set(ConfigMap configMap) => _configMaps[configMap.Metadata.Name] = configMap;

    public void Set(Secret secret) => _secrets[secret.Metadata.Name] = secret;
}
