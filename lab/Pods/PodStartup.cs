namespace Lab.Pods;

/// <summary>
/// Starts the containers that may start: init containers and sidecars one after another, main containers together, exited containers
/// after their back-off.
/// </summary>
internal static class PodStartup
{
    private static readonly TimeSpan MaxMountRetryDelay = TimeSpan.FromSeconds(122);

    public static void OnMounted(PodTransition transition)
    {
        transition.State.IsMounted = true;
        transition.State.MountRetryAt = null;
    }

    public static void OnMountFailed(PodTransition transition, string message)
    {
        var state = transition.State;
        transition.PublishWarning("FailedMount", null, message);
        state.MountRetryAt = transition.Now + state.MountRetryDelay;
        var doubled = state.MountRetryDelay * 2;
        state.MountRetryDelay = doubled < MaxMountRetryDelay ? doubled : MaxMountRetryDelay;
    }

    /// <summary>Requests the volumes, at first and after a failure.</summary>
    public static void MountVolumes(PodTransition transition)
    {
        var state = transition.State;
        if (!state.MountRequested || (state.MountRetryAt <= transition.Now && !state.IsTerminating))
        {
            state.MountRequested = true;
            state.MountRetryAt = null;
            transition.AddAction(new PodAction.MountVolumes());
        }
    }

    public static void StartContainers(PodTransition transition)
    {
        var state = transition.State;
        if (!state.IsMounted || state.IsTerminating || !AdvanceInitContainers(transition))
        {
            return;
        }

        foreach (var sidecar in state.InitContainers.Take(state.InitIndex).Where(container => container.Role == ContainerRole.Sidecar))
        {
            StartIfDue(transition, sidecar);
        }

        if (!state.IsInitialized)
        {
            return;
        }

        foreach (var container in state.MainContainers)
        {
            StartIfDue(transition, container);
        }

        if (state.MainContainers.All(container => container.IsCompleted))
        {
            // All main containers have completed: the sidecars are stopped in order, within the Pod's grace period.
            PodTermination.BeginTermination(transition, state.GracePeriodOfSpec);
        }
    }

    /// <summary>Starts the next init container.</summary>
    /// <returns>False if an init container has failed permanently, which terminates the Pod.</returns>
    private static bool AdvanceInitContainers(PodTransition transition)
    {
        var state = transition.State;
        for (; state.InitIndex < state.InitContainers.Count; state.InitIndex++)
        {
            var container = state.InitContainers[state.InitIndex];
            if (HasPassed(container))
            {
                continue;
            }

            if (container.IsCompleted)
            {
                state.InitFailed = true;
                PodTermination.BeginTermination(transition, state.GracePeriodOfSpec);
                return false;
            }

            StartIfDue(transition, container);
            return true;
        }

        return true;
    }

    private static bool HasPassed(TrackedContainer container) => container.Role == ContainerRole.Sidecar
        ? container.HasEverStarted
        : container is { IsAlive: false, State: ContainerState.Terminated { ExitCode: 0 } };

    private static void StartIfDue(PodTransition transition, TrackedContainer container)
    {
        if (container.IsAlive || container.IsCompleted || container.RestartAt > transition.Now)
        {
            return;
        }

        if (container.Run > 0)
        {
            container.BackOff.RecordRestart(transition.Now);
        }

        container.Run++;
        container.RestartAt = null;
        container.CrashLoopAt = null;
        container.Step = ContainerStep.Starting;
        transition.AddAction(new PodAction.Start(container.Name, container.Run));
    }
}
