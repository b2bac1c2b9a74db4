namespace Lab.Pods;

/// <summary>
/// Stops containers: all preStop hooks together, main containers first, then the sidecars in reverse order, within one grace period
/// for the whole Pod.
/// </summary>
internal static class PodTermination
{
    public static void OnDeleted(PodTransition transition, TimeSpan? grace)
    {
        transition.State.DeletedAt ??= transition.Now;
        BeginTermination(transition, grace ?? transition.State.GracePeriodOfSpec);
    }

    /// <summary>Terminates the Pod. If it already terminates, this can only shorten the remaining time.</summary>
    public static void BeginTermination(PodTransition transition, TimeSpan grace)
    {
        var state = transition.State;
        var deadline = transition.Now + grace;
        if (state.Grace is { } current && deadline >= current.EndsAt)
        {
            return;
        }

        state.Grace = new GracePeriod(deadline, IsZero: grace <= TimeSpan.Zero);
        foreach (var container in state.AllContainers)
        {
            container.RestartAt = null;
            container.CrashLoopAt = null;
            if (container.Termination is { } termination)
            {
                ShortenTermination(transition, termination);
            }
            else if (container.Step is ContainerStep.PostStart or ContainerStep.Running)
            {
                transition.PublishEvent("Killing", container, $"Stopping container {container.Name}");
                BeginStop(transition, container, grace, waitsForOrder: container.Role == ContainerRole.Sidecar);
            }
        }
    }

    /// <summary>Stops one container, starting with its preStop hook.</summary>
    /// <param name="transition">The current step.</param>
    /// <param name="container">A running container.</param>
    /// <param name="grace">Its grace period; without one the hook is skipped.</param>
    /// <param name="waitsForOrder">Whether it waits for its place in the Pod's order.</param>
    public static void BeginStop(PodTransition transition, TrackedContainer container, TimeSpan grace, bool waitsForOrder)
    {
        container.Termination = new ContainerTermination(transition.Now + grace, waitsForOrder);
        if (grace > TimeSpan.Zero && container.Spec.Lifecycle?.PreStop is { } preStop)
        {
            container.Termination.IsHookRunning = true;
            transition.AddAction(new PodAction.RunHook(container.Name, container.Run, HookKind.PreStop, preStop));
        }
    }

    /// <summary>Advances every container that is being stopped, and finishes the Pod after the last one.</summary>
    public static void AdvanceTermination(PodTransition transition)
    {
        var state = transition.State;

        // A container is stopped when the ones after it have exited, so one pass from the last to the first container is enough.
        foreach (var container in state.MainContainers.Concat(state.InitContainers.Reverse()))
        {
            if (container.Termination is { } termination)
            {
                AdvanceStop(transition, container, termination);
            }
        }

        if (state.IsTerminating && !state.AllContainers.Any(container => container.IsAlive))
        {
            state.IsFinished = true;
        }
    }

    /// <summary>
    /// The containers that must exit before a sidecar is stopped: all main containers, and the sidecars listed after it. Containers
    /// that are not running do not block.
    /// </summary>
    public static IEnumerable<TrackedContainer> FindBlockingContainers(PodState state, TrackedContainer sidecar)
    {
        var laterSidecars = state.InitContainers
            .SkipWhile(container => container != sidecar)
            .Skip(1)
            .Where(container => container.Role == ContainerRole.Sidecar);
        return state.MainContainers.Concat(laterSidecars).Where(container => container.IsAlive);
    }

    private static void ShortenTermination(PodTransition transition, ContainerTermination termination)
    {
        var grace = transition.State.Grace!.Value;
        var killAt = grace.IsZero ? transition.Now : Latest(grace.EndsAt, transition.Now + transition.State.Timing.MinimumGrace);
        termination.Deadline = Earliest(termination.Deadline, grace.EndsAt);
        termination.KillAt = Earliest(termination.KillAt, killAt);
    }

    private static void AdvanceStop(PodTransition transition, TrackedContainer container, ContainerTermination termination)
    {
        var state = transition.State;
        var now = transition.Now;
        if (termination.Step == TerminationStep.PreStop && (!termination.IsHookRunning || termination.Deadline <= now))
        {
            termination.Step = TerminationStep.WaitingForOthers;
        }

        if (termination.Step == TerminationStep.WaitingForOthers
            && (!termination.WaitsForOrder || termination.Deadline <= now || !FindBlockingContainers(state, container).Any()))
        {
            var skipsTerm = state.Grace is { IsZero: true };
            termination.Step = TerminationStep.TermSent;
            termination.KillAt = skipsTerm
                ? now
                : Earliest(termination.KillAt, Latest(termination.Deadline, now + state.Timing.MinimumGrace));
            if (!skipsTerm)
            {
                transition.AddAction(new PodAction.Terminate(container.Name, container.Run));
            }
        }

        if (termination.Step == TerminationStep.TermSent && termination.KillAt <= now)
        {
            termination.Step = TerminationStep.KillSent;
            transition.AddAction(new PodAction.Kill(container.Name, container.Run));
        }
    }

    private static TimeSpan Earliest(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static TimeSpan Latest(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
