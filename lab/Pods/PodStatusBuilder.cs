namespace Lab.Pods;

/// <summary>Builds the status that the API shows from the state.</summary>
internal static class PodStatusBuilder
{
    public static PodStatus BuildStatus(PodState state, TimeSpan now) => new(
        state.Pod.Metadata.Name,
        GetPhase(state),
        state.StartTime,
        state.DeletedAt is { } deletedAt ? state.StartTime + deletedAt : null,
        state.IsInitialized,
        [.. state.InitContainers.Select(container => BuildContainerStatus(state, container, now))],
        [.. state.MainContainers.Select(container => BuildContainerStatus(state, container, now))]);

    private static PodPhase GetPhase(PodState state)
    {
        if (!state.IsFinished)
        {
            return state.MainContainers.Any(HasRun) ? PodPhase.Running : PodPhase.Pending;
        }

        // The exit codes of sidecars do not matter.
        return !state.InitFailed && state.MainContainers.All(HasSucceeded) ? PodPhase.Succeeded : PodPhase.Failed;
    }

    private static bool HasRun(TrackedContainer container) =>
        container.State is not ContainerState.Waiting || container.LastTermination is not null;

    private static bool HasSucceeded(TrackedContainer container) =>
        (container.State as ContainerState.Terminated ?? container.LastTermination) is { ExitCode: 0 };

    private static ContainerStatus BuildContainerStatus(PodState state, TrackedContainer container, TimeSpan now) => new(
        container.Name,
        container.Spec.Image,
        container.Role,
        container.State,
        container.LastTermination,
        container.RestartCount,
        container.Started,
        container.Ready,
        WaitReasons.FindWaitReason(state, container, now));
}
