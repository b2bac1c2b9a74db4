using Lab.Objects;

namespace Lab.Containers;

/// <summary>
/// What holds the containers of one Pod: the seam between the state machine and whatever makes a container real.
/// The lab's own makes local processes; a container engine can stand in its place.
/// </summary>
internal interface IPodSandbox : IAsyncDisposable
{
    /// <summary>Makes the Pod's volumes.</summary>
    /// <exception cref="MountException">One of them cannot be made.</exception>
    Task MountAsync(CancellationToken cancellationToken);

    /// <summary>Starts a container.</summary>
    /// <exception cref="ContainerStartException">It cannot be started.</exception>
    Task<IContainerProcess> StartAsync(Container container, CancellationToken cancellationToken);

    /// <summary>Runs a command inside a running container, for probes and hooks. Ends with it when cancelled.</summary>
    Task<ExecResult> ExecAsync(Container container, IReadOnlyList<string> command, CancellationToken cancellationToken);
}
