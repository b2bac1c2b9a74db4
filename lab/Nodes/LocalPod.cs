using Lab.Containers.Local;
using Lab.Pods;

namespace Lab.Nodes;

/// <summary>One Pod on this machine, with its directory, its sandbox and its state machine.</summary>
internal sealed class LocalPod(RunDirectory directory, LocalSandbox sandbox, PodWorker worker, Action<LocalPod> onDisposed)
    : IAsyncDisposable
{
    /// <summary>The directory with the files of the Pod.</summary>
    public string Directory => directory.Root;

    /// <summary>Runs the Pod until it is finished.</summary>
    /// <returns>The last status.</returns>
    public Task<PodStatus> RunPodAsync() => worker.RunPodAsync();

    /// <inheritdoc cref="PodWorker.DeletePod"/>
    public void DeletePod(TimeSpan? grace = null) => worker.DeletePod(grace);

    /// <summary>Updates the volumes from their ConfigMaps and Secrets.</summary>
    public void UpdateVolumes() => sandbox.UpdateVolumes();

    public async ValueTask DisposeAsync()
    {
        onDisposed(this);
        await sandbox.DisposeAsync();
        directory.Dispose();
    }
}
