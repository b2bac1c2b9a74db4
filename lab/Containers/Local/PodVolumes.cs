using System.Text;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>The volumes of one Pod as directories, and what each container sees of them.</summary>
internal sealed class PodVolumes(Pod pod, PodConfiguration configuration, RunDirectory directory, TimeProvider clock)
{
    private readonly Lock _lock = new();

    private IEnumerable<Container> Containers => pod.Spec.InitContainers.Concat(pod.Spec.Containers);

    /// <summary>Makes what is missing and brings files up to date with their ConfigMaps and Secrets; what is the same is left alone.</summary>
    /// <exception cref="MountException">A volume cannot be made.</exception>
    public void Mount()
    {
        lock (_lock)
        {
            foreach (var volume in pod.Spec.Volumes)
            {
                try
                {
                    Mount(volume);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    throw new MountException($"MountVolume.SetUp failed for volume \"{volume.Name}\" : {exception.Message}", exception);
                }
            }
        }
    }

    /// <summary>The paths of a container and where they are on this machine.</summary>
    public PathTranslation Translation(Container container)
    {
        var root = directory.ContainerRoot(container.Name);
        return new PathTranslation(container.VolumeMounts.Select(mount => mount.MountPath).Append("/tmp").Distinct().Select(path => (path, root + path.TrimEnd('/'))));
    }

    /// <summary>Makes the directory that stands for the container's file system, new for each run as a container's is.</summary>
    public void Attach(Container container, IReadOnlyDictionary<string, string> variables)
    {
        var root = directory.ContainerRoot(container.Name);
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }

        Directory.CreateDirectory(root);

        // Outer paths first: an inner mount goes into the volume around it, as in a file system.
        foreach (var mount in container.VolumeMounts.OrderBy(mount => mount.MountPath.Length))
        {
            var link = root + mount.MountPath.TrimEnd('/');
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            var target = Source(container, mount, variables);
            if (new FileInfo(link).LinkTarget is not null)
            {
                File.Delete(link);
            }
            else if (Directory.Exists(link))
            {
                Directory.Delete(link);
            }

            File.CreateSymbolicLink(link, target);
        }

        if (!Directory.Exists(Path.Combine(root, "tmp")))
        {
            Directory.CreateDirectory(Path.Combine(root, "tmp"));
        }
    }

    private string Source(Container container, VolumeMount mount, IReadOnlyDictionary<string, string> variables)
    {
        var volume = pod.Spec.Volumes.First(candidate => candidate.Name == mount.Name);
        var source = Translated(container, volume) ?? HostDirectory(volume);
        var subPath = mount.SubPathExpr.Length > 0 ? VariableExpansion.Expand(mount.SubPathExpr, variables) : mount.SubPath;
        if (subPath.Length == 0)
        {
            return source;
        }

        var target = Path.GetFullPath(Path.Combine(source, subPath));
        if (!target.StartsWith(source + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new ContainerStartException("CreateContainerConfigError", $"subPath \"{subPath}\" leaves volume \"{volume.Name}\"", staysWaiting: true);
        }

        if (IsMadeOfFiles(volume))
        {
            // As in a cluster: a file that is mounted by subPath is the one of the start, and an update does not reach it.
            if (!File.Exists(target))
            {
                throw new ContainerStartException("CreateContainerConfigError", $"failed to prepare subPath for volumeMount \"{volume.Name}\" of container \"{container.Name}\"", staysWaiting: true);
            }

            var copy = Path.Combine(directory.Root, "subpaths", container.Name, volume.Name, subPath);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(target, copy, overwrite: true);
            return copy;
        }

        if (!File.Exists(target))
        {
            Directory.CreateDirectory(target);
        }

        return target;
    }

    private void Mount(Volume volume)
    {
        if (!IsMadeOfFiles(volume))
        {
            var host = HostDirectory(volume);
            if (volume.HostPath is { Type: "FileOrCreate" })
            {
                Directory.CreateDirectory(Path.GetDirectoryName(host)!);
                File.AppendAllBytes(host, []);
            }
            else if (!File.Exists(host))
            {
                Directory.CreateDirectory(host);
            }

            return;
        }

        var files = Files(volume);
        VolumeWriter.Write(directory.Volume(volume.Name), files, clock);
        foreach (var container in Containers.Where(container => container.VolumeMounts.Any(mount => mount.Name == volume.Name)))
        {
            if (Translate(container, files) is { } translated)
            {
                VolumeWriter.Write(directory.TranslatedVolume(container.Name, volume.Name), translated, clock);
            }
        }
    }

    private string? Translated(Container container, Volume volume) =>
        directory.TranslatedVolume(container.Name, volume.Name) is var translated && Directory.Exists(translated) ? translated : null;

    /// <summary>The files as this container has to read them; null when they are the same.</summary>
    private Dictionary<string, VolumeFile>? Translate(Container container, Dictionary<string, VolumeFile> files)
    {
        var translation = Translation(container);
        var changed = Directory.Exists(directory.TranslatedVolume(container.Name, ""));
        var translated = new Dictionary<string, VolumeFile>(StringComparer.Ordinal);
        foreach (var (path, file) in files)
        {
            var text = file.IsText ? Encoding.UTF8.GetString(file.Content) : "";
            var result = translation.Apply(text);
            changed |= !ReferenceEquals(text, result);
            translated[path] = ReferenceEquals(text, result) ? file : file with { Content = Encoding.UTF8.GetBytes(result) };
        }

        return changed ? translated : null;
    }

    private static bool IsMadeOfFiles(Volume volume) => volume is { ConfigMap: not null } or { Secret: not null } or { Projected: not null } or { DownwardApi: not null };

    private string HostDirectory(Volume volume) => volume switch
    {
        { HostPath: { } hostPath } => HostPath(directory.Shared, hostPath),
        { PersistentVolumeClaim: { } claim } => Path.Combine(directory.Shared, "claims", claim.ClaimName),
        _ => directory.Volume(volume.Name),
    };

    /// <summary>
    /// A path that the manifest says must exist is this machine's own; any other is made below <c>.lab/host</c>, so that trying
    /// out a manifest leaves nothing in <c>/var</c>.
    /// </summary>
    public static string HostPath(string shared, HostPathVolume volume) =>
        volume.Type is "Directory" or "File" or "Socket" or "CharDevice" or "BlockDevice"
            ? volume.Path
            : Path.Combine(shared, "host", volume.Path.TrimStart('/'));

    private Dictionary<string, VolumeFile> Files(Volume volume)
    {
        var files = new Dictionary<string, VolumeFile>(StringComparer.Ordinal);
        if (volume.ConfigMap is { } configMap)
        {
            Add(files, volume, configMap, configMap.DefaultMode);
        }

        if (volume.Secret is { } secret)
        {
            Add(files, volume, secret, secret.DefaultMode);
        }

        if (volume.DownwardApi is { } downward)
        {
            Add(files, downward, downward.DefaultMode);
        }

        foreach (var source in volume.Projected?.Sources ?? [])
        {
            var mode = volume.Projected!.DefaultMode;
            if (source.ConfigMap is { } map)
            {
                Add(files, volume, map, mode);
            }

            if (source.Secret is { } projected)
            {
                Add(files, volume, projected, mode);
            }

            if (source.DownwardApi is { } api)
            {
                Add(files, api, mode);
            }

            if (source.ServiceAccountToken is { } token)
            {
                // There is no API server that would take it.
                files[token.Path] = new(Encoding.UTF8.GetBytes("not-a-token"), mode);
            }
        }

        return files;
    }

    private void Add(Dictionary<string, VolumeFile> files, Volume volume, ConfigMapVolume source, int mode)
    {
        if (configuration.ConfigMap(source.Name) is not { } configMap)
        {
            Missing(volume, source.Optional, $"configmap \"{source.Name}\" not found");
            return;
        }

        var content = configMap.Data.ToDictionary(entry => entry.Key, entry => new VolumeFile(Encoding.UTF8.GetBytes(entry.Value), mode, IsText: true));
        foreach (var (key, bytes) in configMap.BinaryData)
        {
            content[key] = new(bytes, mode);
        }

        Add(files, volume, content, source.Items, source.Optional, "configmap");
    }

    private void Add(Dictionary<string, VolumeFile> files, Volume volume, SecretVolume source, int mode)
    {
        if (configuration.Secret(source.Reference) is not { } secret)
        {
            Missing(volume, source.Optional, $"secret \"{source.Reference}\" not found");
            return;
        }

        var content = secret.Content().ToDictionary(entry => entry.Key, entry => new VolumeFile(entry.Value, mode));
        Add(files, volume, content, source.Items, source.Optional, "secret");
    }

    private static void Add(
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
                files[Inside(volume, item.Path)] = item.Mode is { } mode ? file with { Mode = mode } : file;
            }
            else
            {
                Missing(volume, optional, $"references non-existent {kind} key: {item.Key}");
            }
        }
    }

    private void Add(Dictionary<string, VolumeFile> files, DownwardApiVolume source, int mode)
    {
        foreach (var item in source.Items)
        {
            var value = item.FieldRef is { } field
                ? DownwardApi.Field(pod, field.FieldPath)
                : item.ResourceFieldRef is { } resource ? DownwardApi.Resource(pod, null, resource) : "";
            files[item.Path] = new(Encoding.UTF8.GetBytes(value ?? ""), item.Mode ?? mode);
        }
    }

    private static string Inside(Volume volume, string path) => path.StartsWith('/') || path.Split('/').Contains("..")
        ? throw new MountException($"MountVolume.SetUp failed for volume \"{volume.Name}\" : path \"{path}\" leaves the volume")
        : path;

    private static void Missing(Volume volume, bool optional, string what)
    {
        if (!optional)
        {
            throw new MountException($"MountVolume.SetUp failed for volume \"{volume.Name}\" : {what}");
        }
    }
}
