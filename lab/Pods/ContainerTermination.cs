namespace Lab.Pods;

/// <summary>A container that is being stopped: preStop hook, its place in the Pod's order, SIGTERM, SIGKILL.</summary>
/// <param name="deadline">End of the grace period.</param>
/// <param name="waitsForOrder">Whether the container waits for its place in the Pod's order.</param>
internal sealed class ContainerTermination(TimeSpan deadline, bool waitsForOrder)
{
    public TerminationStep Step { get; set; } = TerminationStep.PreStop;

    /// <summary>End of the grace period. Limits both the preStop hook and the wait for other containers.</summary>
    public TimeSpan Deadline { get; set; } = deadline;

    /// <summary>Whether the container waits for its place in the Pod's order.</summary>
    public bool WaitsForOrder { get; } = waitsForOrder;

    public bool IsHookRunning { get; set; }

    public TimeSpan KillAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>When the next step is due if nothing happens before.</summary>
    public TimeSpan? NextStepAt => Step switch
    {
        TerminationStep.PreStop or TerminationStep.WaitingForOthers => Deadline,
        TerminationStep.TermSent => KillAt,
        _ => null,
    };
}
