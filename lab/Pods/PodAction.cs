using Lab.Objects;

namespace Lab.Pods;

/// <summary>
/// An action that the state machine requests. <c>Run</c> counts the starts of a container: a <see cref="PodEvent"/> of an earlier run is
/// stale and is ignored.
/// </summary>
internal abstract record PodAction
{
    /// <summary>Create the volumes. The result is <see cref="PodEvent.Mounted"/> or <see cref="PodEvent.MountFailed"/>.</summary>
    internal sealed record MountVolumes : PodAction;

    /// <summary>
    /// Start a container. The result is <see cref="PodEvent.Started"/> and later <see cref="PodEvent.Exited"/>, or
    /// <see cref="PodEvent.StartFailed"/>.
    /// </summary>
    internal sealed record Start(string Container, int Run) : PodAction;

    /// <summary>Send SIGTERM to the first process of a container.</summary>
    internal sealed record Terminate(string Container, int Run) : PodAction;

    /// <summary>Send SIGKILL to all processes of a container.</summary>
    internal sealed record Kill(string Container, int Run) : PodAction;

    /// <summary>Run a probe once. The result is <see cref="PodEvent.ProbeFinished"/>.</summary>
    internal sealed record RunProbe(string Container, int Run, ProbeKind Kind, Probe Probe) : PodAction;

    /// <summary>Run a hook. The result is <see cref="PodEvent.HookFinished"/>.</summary>
    internal sealed record RunHook(string Container, int Run, HookKind Kind, LifecycleHandler Handler) : PodAction;

    /// <summary>Publish an event of the Kubernetes API, as <c>kubectl get events</c> shows it.</summary>
    internal sealed record PublishEvent(bool IsWarning, string Reason, string? Container, string Message) : PodAction;
}
