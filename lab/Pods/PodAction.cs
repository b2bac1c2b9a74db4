using Lab.Objects;

namespace Lab.Pods;

/// <summary>
/// What the state machine wants done. <c>Run</c> counts the starts of a container: an answer about an earlier run is stale
/// and is ignored.
/// </summary>
internal abstract record PodAction
{
    /// <summary>Make the volumes; answered by <see cref="PodEvent.Mounted"/> or <see cref="PodEvent.MountFailed"/>.</summary>
    internal sealed record MountVolumes : PodAction;

    /// <summary>Answered by <see cref="PodEvent.Started"/> and later <see cref="PodEvent.Exited"/>, or by <see cref="PodEvent.StartFailed"/>.</summary>
    internal sealed record Start(string Container, int Run) : PodAction;

    /// <summary>Send SIGTERM to the container's process.</summary>
    internal sealed record Terminate(string Container, int Run) : PodAction;

    /// <summary>Send SIGKILL to everything in the container.</summary>
    internal sealed record Kill(string Container, int Run) : PodAction;

    /// <summary>Look once; answered by <see cref="PodEvent.ProbeFinished"/>.</summary>
    internal sealed record Look(string Container, int Run, ProbeKind Kind, Probe Probe) : PodAction;

    /// <summary>Run a hook; answered by <see cref="PodEvent.HookFinished"/>.</summary>
    internal sealed record RunHook(string Container, int Run, HookKind Kind, LifecycleHandler Handler) : PodAction;

    /// <summary>Tell: what the API calls an event.</summary>
    internal sealed record Notice(bool Warning, string Reason, string? Container, string Message) : PodAction;
}
