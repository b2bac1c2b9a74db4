using System.Text;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>The files of ConfigMap, Secret, projected and downward API volumes.</summary>
internal sealed class VolumeContent(Pod pod, PodConfiguration configuration)
{
    /// <summary>Whether the content of the volume comes from the API; other volumes are plain directories.</summary>
    public static bool HasApiContent(Volume volume) =>
        volume is { ConfigMap: not null } or { Secret: not null } or { Projected: not null } or { DownwardApi: not null };

    /// <summary>The current files of a volume, by path.</summary>
    /// <exception cref="MountException">A required object or key does not exist.</exception>
    public Dictionary<string, VolumeFile> ReadFiles(Volume volume)
    {
        var files = new Dictionary<string, VolumeFile>(StringComparer.Ordinal);
        if (volume.ConfigMap is { } configMap)
        {
            AddConfigMap(files, volume, configMap, configMap.DefaultMode);
        }

        if (volume.Secret is { } secret)
        {
            AddSecret(files, volume, secret, secret.DefaultMode);
        }

        if (volume.DownwardApi is { } downwardApi)
        {
            AddDownwardApi(files, downwardApi, downwardApi.DefaultMode);
        }

        foreach (var source in volume.Projected?.Sources ?? [])
        {
            AddProjection(files, volume, source, volume.Projected!.DefaultMode);
        }

        return files;
    }

    private void AddProjection(Dictionary<string, VolumeFile> files, Volume volume, VolumeProjection source, int mode)
    {
        if (source.ConfigMap is { } configMap)
        {
            AddConfigMap(files, volume, configMap, mode);
        }

        if (source.Secret is { } secret)
        {
            AddSecret(files, volume, secret, mode);
        }

        if (source.DownwardApi is { } downwardApi)
        {
            AddDownwardApi(files, downwardApi, mode);
        }

        if (source.ServiceAccountToken is { } token)
        {
            // There is no API server that would accept a real one.
            files[token.Path] = new(Encoding.UTF8.GetBytes("not-a-token"), mode);
        }
    }

    private void AddConfigMap(Dictionary<string, VolumeFile> files, Volume volume, ConfigMapVolume source, int mode)
    {
        if (configuration.FindConfigMap(source.Name) is not { } configMap)
        {
            ThrowIfRequired(volume, source.Optional, $"configmap \"{source.Name}\" not found");
            return;
        }

        var content = configMap.Data.ToDictionary(
            entry => entry.Key, entry => new VolumeFile(Encoding.UTF8.GetBytes(entry.Value), mode, IsText: true));
        foreach (var (key, bytes) in configMap.BinaryData)
        {
            content[key] = new(bytes, mode);
        }

        AddKeys(files, volume, content, source.Items, source.Optional, "configmap");
    }

    private void AddSecret(Dictionary<string, VolumeFile> files, Volume volume, SecretVolume source, int mode)
    {
        if (configuration.FindSecret(source.Reference) is not { } secret)
        {
            ThrowIfRequired(volume, source.Optional, $"secret \"{source.Reference}\" not found");
            return;
        }

        var content = secret.GetContent().ToDictionary(entry => entry.Key, entry => new VolumeFile(entry.Value, mode));
        AddKeys(files, volume, content, source.Items, source.Optional, "secret");
    }

    private void AddDownwardApi(Dictionary<string, VolumeFile> files, DownwardApiVolume source, int mode)
    {
        foreach (var item in source.Items)
        {
            var value = item.FieldRef is { } field
                ? DownwardApi.ReadField(pod, field.FieldPath)
                : item.ResourceFieldRef is { } resource ? DownwardApi.ReadResource(pod, null, resource) : "";
            files[item.Path] = new(Encoding.UTF8.GetBytes(value ?? ""), item.Mode ?? mode);
        }
    }

    /// <summary>Adds the selected keys under their paths, or all keys if none is selected.</summary>
    private static void AddKeys(
        Dictionary<string, VolumeFile> files,
        Volume volume,
        Dictionary<string, VolumeFile> content,
        IReadOnlyList<KeyToPath> items,
        bool optional,
        string kind)
    {
        if (items.Count == 0)
        {
            foreach (var (key, file) in content)
            {
                files[key] = file;
            }
        }

        foreach (var item in items)
        {
            if (content.TryGetValue(item.Key, out var file))
            {
                files[CheckPath(volume, item.Path)] = item.Mode is { } mode ? file with { Mode = mode } : file;
            }
            else
            {
                ThrowIfRequired(volume, optional, $"references non-existent {kind} key: {item.Key}");
            }
        }
    }

    private static string CheckPath(Volume volume, string path) => path.StartsWith('/') || path.Split('/').Contains("..")
        ? throw MountException.ForVolume(volume.Name, $"path \"{path}\" leaves the volume")
        : path;

    private static void ThrowIfRequired(Volume volume, bool optional, string reason)
    {
        if (!optional)
        {
            throw MountException.ForVolume(volume.Name, reason);
        }
    }
}
