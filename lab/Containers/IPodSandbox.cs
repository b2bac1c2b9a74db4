using Lab.Objects;

namespace Lab.Containers;

/// <summary>
/// The environment of the containers of one Pod: the boundary between the state machine and the runtime. The lab runs containers as
/// local processes; a container engine could implement this interface instead.
/// </summary>
internal interface IPodSandbox : IAsyncDisposable
{
    /// <summary>Creates the Pod's volumes.</summary>
    /// <exception cref="MountException">A volume cannot be created.</exception>
    Task MountVolumesAsync(CancellationToken cancellationToken);

    /// <summary>Starts a container.</summary>
    /// <exception cref="ContainerStartException">The container cannot be started.</exception>
    Task<IContainerProcess> StartContainerAsync(Container container, CancellationToken cancellationToken);

    /// <summary>Runs a command in a running container, for probes and hooks. Cancellation kills the command.</summary>
    Task<ExecResult> RunCommandAsync(Container container, IReadOnlyList<string> command, CancellationToken cancellationToken);
}
