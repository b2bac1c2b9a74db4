namespace Lab.Pods;

/// <summary>Input of the state machine: something that happened to the Pod.</summary>
internal abstract record PodEvent
{
    internal sealed record Mounted : PodEvent;

    internal sealed record MountFailed(string Message) : PodEvent;

    internal sealed record Started(string Container, int Run) : PodEvent;

    /// <summary>
    /// A container could not be started. Either it keeps waiting and is tried again (a missing image or ConfigMap), or the run counts
    /// as exited.
    /// </summary>
    internal sealed record StartFailed(string Container, int Run, string Reason, string Message, bool StaysWaiting = false) : PodEvent;

    internal sealed record Exited(string Container, int Run, int ExitCode) : PodEvent;

    internal sealed record ProbeFinished(string Container, int Run, ProbeKind Kind, bool Success, string Message) : PodEvent;

    internal sealed record HookFinished(string Container, int Run, HookKind Kind, bool Success, string Message) : PodEvent;

    /// <summary>Stop the Pod. Null means the Pod's own grace period. A second deletion can only shorten the remaining time.</summary>
    internal sealed record Delete(TimeSpan? Grace = null) : PodEvent;

    /// <summary>A timer is due.</summary>
    internal sealed record Tick : PodEvent;
}
