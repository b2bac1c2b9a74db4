namespace Lab.Pods;

/// <summary>When the state machine has to run again if nothing happens before.</summary>
internal static class PodTimers
{
    /// <summary>The earliest timer, or null if there is none.</summary>
    public static TimeSpan? FindNextTimer(PodState state)
    {
        if (state.IsFinished)
        {
            return null;
        }

        var next = state.IsTerminating ? null : state.MountRetryAt;
        foreach (var timer in state.AllContainers.SelectMany(ListTimers))
        {
            next = next is null || timer < next ? timer : next;
        }

        return next;
    }

    private static IEnumerable<TimeSpan> ListTimers(TrackedContainer container)
    {
        IEnumerable<TimeSpan?> timers =
        [
            container.RestartAt,
            container.CrashLoopAt,
            container.Termination?.NextStepAt,
            .. container.ActiveProbes.Select(probe => probe.NextProbeAt),
        ];
        return timers.OfType<TimeSpan>();
    }
}
