using System.Collections.Concurrent;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>The current ConfigMaps and Secrets that Pods read. Thread-safe.</summary>
internal sealed class PodConfiguration(IReadOnlyDictionary<string, ConfigMap> configMaps, IReadOnlyDictionary<string, Secret> secrets)
{
    private readonly ConcurrentDictionary<string, ConfigMap> _configMaps = new(configMaps);
    private readonly ConcurrentDictionary<string, Secret> _secrets = new(secrets);

    public ConfigMap? FindConfigMap(string name) => _configMaps.GetValueOrDefault(name);

    public Secret? FindSecret(string name) => _secrets.GetValueOrDefault(name);

    public void SetConfigMap(ConfigMap configMap) => _configMaps[configMap.Metadata.Name] = configMap;

    public void SetSecret(Secret secret) => _secrets[secret.Metadata.Name] = secret;
}
