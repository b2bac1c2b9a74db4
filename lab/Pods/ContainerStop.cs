namespace Lab.Pods;

/// <summary>A container on its way out: preStop, its turn, TERM, KILL, all of it within one grace period.</summary>
internal sealed class ContainerStop(TimeSpan deadline, bool ordered)
{
    internal enum Step
    {
        PreStop,
        Turn,
        Terminating,
        Killed,
    }

    public Step Current { get; set; } = Step.PreStop;

    /// <summary>The end of grace: for the hook and for the wait.</summary>
    public TimeSpan Deadline { get; set; } = deadline;

    /// <summary>Whether it waits for its turn in the Pod's order.</summary>
    public bool Ordered { get; } = ordered;

    public bool HookRunning { get; set; }

    public TimeSpan KillAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>When something is to be done next, if nothing happens before.</summary>
    public TimeSpan? Due => Current switch
    {
        Step.PreStop or Step.Turn => Deadline,
        Step.Terminating => KillAt,
        _ => null,
    };
}
