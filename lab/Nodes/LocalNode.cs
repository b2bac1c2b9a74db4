using Lab.Containers;
using Lab.Containers.Local;
using Lab.Objects;
using Lab.Pods;

namespace Lab.Nodes;

/// <summary>
/// This machine as a node: runs Pods, and brings changed ConfigMaps and Secrets to their volumes. Each Pod has its own directory,
/// sandbox and state machine; the node shares one process starter and the configuration between them.
/// </summary>
/// <param name="configuration">The ConfigMaps and Secrets.</param>
/// <param name="images">The programs of the images.</param>
/// <param name="output">Receives the output of all containers.</param>
/// <param name="clock">The clock.</param>
/// <param name="parentDirectory">Where <c>.lab</c> is created; the current directory by default.</param>
internal sealed class LocalNode(
    PodConfiguration configuration, ImageCatalog images, IContainerOutput output, TimeProvider clock, string? parentDirectory = null)
    : IDisposable
{
    private readonly ProcessStarter _starter = new();
    private readonly Lock _lock = new();
    private readonly List<LocalPod> _pods = [];

    /// <summary>Prepares a Pod on this node; <see cref="LocalPod.RunPodAsync"/> runs it.</summary>
    /// <exception cref="IOException">The directory of the Pod is in use or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory of the Pod cannot be written.</exception>
    public LocalPod AddPod(Pod pod, IPodObserver observer, PodTiming timing)
    {
        var directory = RunDirectory.OpenDirectory(pod.Metadata.Name, parentDirectory);
        var sandbox = new LocalSandbox(pod, configuration, images, directory, _starter, output, clock);
        var localPod = new LocalPod(directory, sandbox, new PodWorker(pod, sandbox, observer, timing, clock), RemovePod);
        lock (_lock)
        {
            _pods.Add(localPod);
        }

        return localPod;
    }

    /// <summary>Applies a changed ConfigMap to the volumes of all Pods.</summary>
    /// <exception cref="MountException">A volume cannot be updated.</exception>
    public void UpdateConfigMap(ConfigMap configMap)
    {
        configuration.SetConfigMap(configMap);
        UpdateVolumes();
    }

    /// <summary>Applies a changed Secret to the volumes of all Pods.</summary>
    /// <exception cref="MountException">A volume cannot be updated.</exception>
    public void UpdateSecret(Secret secret)
    {
        configuration.SetSecret(secret);
        UpdateVolumes();
    }

    public void Dispose() => _starter.Dispose();

    private void UpdateVolumes()
    {
        LocalPod[] pods;
        lock (_lock)
        {
            pods = [.. _pods];
        }

        foreach (var pod in pods)
        {
            pod.UpdateVolumes();
        }
    }

    private void RemovePod(LocalPod pod)
    {
        lock (_lock)
        {
            _pods.Remove(pod);
        }
    }
}
