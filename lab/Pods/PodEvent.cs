namespace Lab.Pods;

/// <summary>What happened to the Pod's world, as the state machine is told.</summary>
internal abstract record PodEvent
{
    internal sealed record Mounted : PodEvent;

    internal sealed record MountFailed(string Message) : PodEvent;

    internal sealed record Started(string Container, int Run) : PodEvent;

    /// <summary>It could not be started: it waits to be tried again (an image, a ConfigMap), or the run counts as ended.</summary>
    internal sealed record StartFailed(string Container, int Run, string Reason, string Message, bool StaysWaiting = false) : PodEvent;

    internal sealed record Exited(string Container, int Run, int ExitCode) : PodEvent;

    internal sealed record ProbeFinished(string Container, int Run, ProbeKind Kind, bool Success, string Message) : PodEvent;

    internal sealed record HookFinished(string Container, int Run, HookKind Kind, bool Success, string Message) : PodEvent;

    /// <summary>Stop the Pod. Null takes the Pod's own grace; a later one may only shorten what is left.</summary>
    internal sealed record Delete(TimeSpan? Grace = null) : PodEvent;

    /// <summary>Nothing happened but time.</summary>
    internal sealed record Tick : PodEvent;
}
