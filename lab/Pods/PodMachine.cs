using Lab.Objects;

namespace Lab.Pods;

/// <summary>
/// The lifecycle of one Pod, as the kubelet implements it: a deterministic state machine. An event with its time goes in, actions come
/// out. It starts no process, reads no clock and never waits, so every rule can be tested without them.
/// Sources: KEP-753 (sidecar containers), the documentation of the Pod lifecycle, and recordings of a 1.36 node.
/// </summary>
/// <param name="pod">The Pod.</param>
/// <param name="timing">The kubelet's delays.</param>
/// <param name="startTime">The calendar time that all times are measured from.</param>
internal sealed class PodMachine(Pod pod, PodTiming timing, DateTimeOffset startTime)
{
    private readonly PodState _state = new(pod, timing, startTime);

    /// <summary>No container is running, and none will start.</summary>
    public bool IsFinished => _state.IsFinished;

    /// <summary>Handles an event.</summary>
    /// <param name="podEvent">What happened.</param>
    /// <param name="now">When, since the start of the Pod.</param>
    /// <returns>The resulting actions, in order.</returns>
    public IReadOnlyList<PodAction> HandleEvent(PodEvent podEvent, TimeSpan now)
    {
        var transition = new PodTransition(_state, now);
        ApplyEvent(transition, podEvent);
        AdvancePod(transition);
        return transition.Actions;
    }

    /// <summary>How long until <see cref="PodEvent.Tick"/> is due if nothing happens before; null for never.</summary>
    public TimeSpan? GetTimerDelay(TimeSpan now) => PodTimers.FindNextTimer(_state) is { } timer
        ? timer > now ? timer - now : TimeSpan.Zero
        : null;

    public PodStatus GetStatus(TimeSpan now) => PodStatusBuilder.BuildStatus(_state, now);

    private void ApplyEvent(PodTransition transition, PodEvent podEvent)
    {
        switch (podEvent)
        {
            case PodEvent.Mounted:
                PodStartup.OnMounted(transition);
                break;
            case PodEvent.MountFailed failed:
                PodStartup.OnMountFailed(transition, failed.Message);
                break;
            case PodEvent.Started started when _state.FindContainer(started.Container, started.Run) is { } container:
                ContainerTransitions.OnStarted(transition, container);
                break;
            case PodEvent.StartFailed failed when _state.FindContainer(failed.Container, failed.Run) is { } container:
                ContainerTransitions.OnStartFailed(transition, container, failed);
                break;
            case PodEvent.Exited exited when _state.FindContainer(exited.Container, exited.Run) is { } container:
                ContainerTransitions.OnExited(transition, container, exited.ExitCode, exited.ExitCode == 0 ? "Completed" : "Error", "");
                break;
            case PodEvent.ProbeFinished probed when _state.FindContainer(probed.Container, probed.Run) is { } container:
                ContainerTransitions.OnProbeFinished(transition, container, probed);
                break;
            case PodEvent.HookFinished hooked when _state.FindContainer(hooked.Container, hooked.Run) is { } container:
                ContainerTransitions.OnHookFinished(transition, container, hooked);
                break;
            case PodEvent.Delete delete:
                PodTermination.OnDeleted(transition, delete.Grace);
                break;
        }
    }

    private void AdvancePod(PodTransition transition)
    {
        PodStartup.MountVolumes(transition);
        foreach (var container in _state.AllContainers)
        {
            ContainerTransitions.ShowCrashLoop(transition, container);
            ContainerTransitions.RunDueProbes(transition, container);
        }

        PodStartup.StartContainers(transition);
        PodTermination.AdvanceTermination(transition);
    }
}
