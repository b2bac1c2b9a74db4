using System.Text;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>The volumes of one Pod as directories, and the file system that each container sees.</summary>
internal sealed class PodVolumes(Pod pod, PodConfiguration configuration, RunDirectory directory, TimeProvider clock)
{
    private readonly VolumeContent _content = new(pod, configuration);
    private readonly Lock _lock = new();

    /// <summary>Creates missing volumes and updates files from their ConfigMaps and Secrets. Unchanged files are not written.</summary>
    /// <exception cref="MountException">A volume cannot be created.</exception>
    public void MountVolumes()
    {
        lock (_lock)
        {
            foreach (var volume in pod.Spec.Volumes)
            {
                try
                {
                    MountVolume(volume);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    throw MountException.ForVolume(volume.Name, exception.Message, exception);
                }
            }
        }
    }

    /// <summary>Maps the paths of a container to paths of this machine.</summary>
    public PathTranslation CreateTranslation(Container container)
    {
        var root = directory.GetContainerRoot(container.Name);
        var paths = container.VolumeMounts.Select(mount => mount.MountPath).Append("/tmp").Distinct();
        return new PathTranslation(paths.Select(path => (path, root + path.TrimEnd('/'))));
    }

    /// <summary>Creates the directory that stands for the container's file system. As in a cluster, each run has a new one.</summary>
    /// <exception cref="ContainerStartException">A subPath of a mount is not valid.</exception>
    public void CreateFileSystem(Container container, IReadOnlyDictionary<string, string> variables)
    {
        var root = directory.GetContainerRoot(container.Name);
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }

        Directory.CreateDirectory(root);

        // Outer paths first: an inner mount is created in the volume around it, as in a file system.
        foreach (var mount in container.VolumeMounts.OrderBy(mount => mount.MountPath.Length))
        {
            var link = root + mount.MountPath.TrimEnd('/');
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            var target = FindMountSource(container, mount, variables);
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

    /// <summary>
    /// A host path that must exist according to the manifest is a path of this machine. Any other is created below <c>.lab/host</c>, so
    /// trying a manifest does not create files in <c>/var</c>.
    /// </summary>
    public static string ResolveHostPath(string sharedDirectory, HostPathVolume volume) =>
        volume.Type is "Directory" or "File" or "Socket" or "CharDevice" or "BlockDevice"
            ? volume.Path
            : Path.Combine(sharedDirectory, "host", volume.Path.TrimStart('/'));

    private string FindMountSource(Container container, VolumeMount mount, IReadOnlyDictionary<string, string> variables)
    {
        var volume = pod.Spec.Volumes.First(candidate => candidate.Name == mount.Name);
        var translated = directory.GetTranslatedVolumePath(container.Name, volume.Name);
        var source = Directory.Exists(translated) ? translated : GetHostDirectory(volume);
        var subPath = mount.SubPathExpr.Length > 0 ? VariableExpansion.ExpandVariables(mount.SubPathExpr, variables) : mount.SubPath;
        if (subPath.Length == 0)
        {
            return source;
        }

        var target = Path.GetFullPath(Path.Combine(source, subPath));
        if (!target.StartsWith(source + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new ContainerStartException(
                "CreateContainerConfigError", $"subPath \"{subPath}\" leaves volume \"{volume.Name}\"", staysWaiting: true);
        }

        if (VolumeContent.HasApiContent(volume))
        {
            return CopySubPath(container, volume, subPath, target);
        }

        if (!File.Exists(target))
        {
            Directory.CreateDirectory(target);
        }

        return target;
    }

    /// <summary>As in a cluster: a file that is mounted by subPath keeps the content of the container's start.</summary>
    private string CopySubPath(Container container, Volume volume, string subPath, string file)
    {
        if (!File.Exists(file))
        {
            throw new ContainerStartException(
                "CreateContainerConfigError",
                $"failed to prepare subPath for volumeMount \"{volume.Name}\" of container \"{container.Name}\"",
                staysWaiting: true);
        }

        var copy = Path.Combine(directory.Root, "subpaths", container.Name, volume.Name, subPath);
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(file, copy, overwrite: true);
        return copy;
    }

    private void MountVolume(Volume volume)
    {
        if (!VolumeContent.HasApiContent(volume))
        {
            CreateHostDirectory(volume);
            return;
        }

        var files = _content.ReadFiles(volume);
        VolumeWriter.WriteFiles(directory.GetVolumePath(volume.Name), files, clock);
        foreach (var container in pod.Spec.AllContainers.Where(container => container.VolumeMounts.Any(mount => mount.Name == volume.Name)))
        {
            if (TranslateFiles(container, files) is { } translated)
            {
                VolumeWriter.WriteFiles(directory.GetTranslatedVolumePath(container.Name, volume.Name), translated, clock);
            }
        }
    }

    private void CreateHostDirectory(Volume volume)
    {
        var path = GetHostDirectory(volume);
        if (volume.HostPath is { Type: "FileOrCreate" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.AppendAllBytes(path, []);
        }
        else if (!File.Exists(path))
        {
            Directory.CreateDirectory(path);
        }
    }

    private string GetHostDirectory(Volume volume) => volume switch
    {
        { HostPath: { } hostPath } => ResolveHostPath(directory.SharedDirectory, hostPath),
        { PersistentVolumeClaim: { } claim } => Path.Combine(directory.SharedDirectory, "claims", claim.ClaimName),
        _ => directory.GetVolumePath(volume.Name),
    };

    /// <summary>The files with the container's own paths replaced; null if nothing has to be replaced.</summary>
    private Dictionary<string, VolumeFile>? TranslateFiles(Container container, Dictionary<string, VolumeFile> files)
    {
        var translation = CreateTranslation(container);
        var changed = Directory.Exists(directory.GetTranslatedVolumePath(container.Name, ""));
        var translated = new Dictionary<string, VolumeFile>(StringComparer.Ordinal);
        foreach (var (path, file) in files)
        {
            var text = file.IsText ? Encoding.UTF8.GetString(file.Content) : "";
            var result = translation.TranslatePaths(text);
            changed |= !ReferenceEquals(text, result);
            translated[path] = ReferenceEquals(text, result) ? file : file with { Content = Encoding.UTF8.GetBytes(result) };
        }

        return changed ? translated : null;
    }
}
