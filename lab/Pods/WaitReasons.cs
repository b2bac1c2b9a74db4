namespace Lab.Pods;

/// <summary>Explains what a container waits for.</summary>
internal static class WaitReasons
{
    /// <summary>The reason, or null if the container waits for nothing.</summary>
    public static WaitReason? FindWaitReason(PodState state, TrackedContainer container, TimeSpan now)
    {
        if (container.Termination is { } termination)
        {
            return DescribeTermination(state, container, termination);
        }

        return DescribeStartup(state, container, now) is { } text ? new WaitReason(WaitKind.Startup, text) : null;
    }

    private static WaitReason DescribeTermination(PodState state, TrackedContainer container, ContainerTermination termination) =>
        termination.Step switch
        {
            TerminationStep.PreStop => new WaitReason(WaitKind.PreStopHook, "its preStop hook"),
            TerminationStep.WaitingForOthers => new WaitReason(
                WaitKind.OtherContainers,
                $"{string.Join(", ", PodTermination.FindBlockingContainers(state, container).Select(other => other.Name))} to stop"),
            _ => new WaitReason(WaitKind.ProcessExit, "its process to exit"),
        };

    private static string? DescribeStartup(PodState state, TrackedContainer container, TimeSpan now) => container.Step switch
    {
        ContainerStep.Starting => "its process to start",
        ContainerStep.PostStart => "its postStart hook",
        ContainerStep.Running => DescribeRunning(container),
        _ => DescribeStopped(state, container, now),
    };

    private static string? DescribeRunning(TrackedContainer container)
    {
        if (container.Role == ContainerRole.Init)
        {
            return "its process to complete";
        }

        if (container.FindProbe(ProbeKind.Startup) is { } startup)
        {
            return $"its startup probe: {startup.Probe.DescribeProbe(container.Spec)}";
        }

        return !container.Ready && container.FindProbe(ProbeKind.Readiness) is { } readiness
            ? $"its readiness probe: {readiness.Probe.DescribeProbe(container.Spec)}"
            : null;
    }

    private static string? DescribeStopped(PodState state, TrackedContainer container, TimeSpan now)
    {
        if (container.RestartAt is { } restartAt && restartAt > now)
        {
            // Rounded up to whole seconds.
            return $"its restart in {DurationText.FormatGoDuration(restartAt - now + TimeSpan.FromMilliseconds(999))}";
        }

        if (container.Run > 0 || state.IsTerminating)
        {
            return null;
        }

        if (!state.IsMounted)
        {
            return "its volumes";
        }

        return state.InitContainers.ElementAtOrDefault(state.InitIndex) is { } current && current != container
            ? current.Role == ContainerRole.Init ? $"{current.Name} to complete" : $"{current.Name} to start"
            : null;
    }
}
