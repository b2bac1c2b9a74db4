namespace Lab.Pods;

/// <summary>The kubelet's own times, and where the lab looks more often than it.</summary>
internal sealed record PodTiming
{
    /// <summary>Back-off after the second crash in a row; doubles up to <see cref="MaxBackOff"/>. The first restart is at once.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After so long a run the crashes before it are forgotten.</summary>
    public TimeSpan BackOffForgottenAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What a container gets between TERM and KILL at the least.</summary>
    public TimeSpan MinimumGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a crashed container shows how it ended before it shows CrashLoopBackOff.</summary>
    public TimeSpan CrashShown { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Until a container has started and been ready once, look at its startup and readiness probes this often beside
    /// their period; null for the kubelet's way. A Pod of four containers with a period of some seconds each would
    /// otherwise take a quarter of a minute to start, most of it spent between two looks. Such an extra look counts only
    /// when it succeeds: thresholds and periods mean what the manifest says.
    /// </summary>
    public TimeSpan? EagerLook { get; init; }
}
