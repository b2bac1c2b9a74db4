namespace Lab.Pods;

/// <summary>The kubelet's delays, and where the lab differs from them.</summary>
internal sealed record PodTiming
{
    /// <summary>Delay before the second restart in a row; doubles up to <see cref="MaxBackOff"/>. The first restart is immediate.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A run longer than this resets the back-off.</summary>
    public TimeSpan BackOffResetAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Minimum time between SIGTERM and SIGKILL.</summary>
    public TimeSpan MinimumGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a crashed container shows <c>Error</c> before it shows <c>CrashLoopBackOff</c>.</summary>
    public TimeSpan ErrorShownFor { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Until a container has started and been ready once, its startup and readiness probes also run at this interval, in addition to
    /// their period. Null for the kubelet's behavior. Otherwise a Pod of four containers with a period of a few seconds would take a
    /// quarter of a minute to start, most of it waiting for the next probe. An additional probe counts only if it succeeds, so the
    /// thresholds and periods of the manifest keep their meaning.
    /// </summary>
    public TimeSpan? EagerProbeInterval { get; init; }
}
