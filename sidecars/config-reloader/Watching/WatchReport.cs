namespace ConfigReloader.Watching;

/// <summary>What status and metrics show of a watch. Immutable: the loop of the watch replaces it, other threads read it.</summary>
internal sealed record WatchReport
{
    public WatchState State { get; init; } = new WatchState.Starting(TargetContent.Unknown);

    public WatchPhase Phase => State.Phase;

    /// <summary>Fingerprint of the current content; null before the first read.</summary>
    public string? Fingerprint => State.Fingerprint;

    /// <summary>Fingerprint of the content that the target uses; null if that is not known.</summary>
    public string? DeliveredFingerprint => State.Target.Fingerprint;

    /// <summary>Number of files in the current content.</summary>
    public int Files { get; init; }

    /// <summary>Number of changes since the start.</summary>
    public long Changes { get; init; }

    public DateTimeOffset? ChangedAt { get; init; }

    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>Number of attempts for the current content.</summary>
    public int Attempts { get; init; }

    /// <summary>When the next attempt is due; null if none is.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>The result of the last attempt, in words.</summary>
    public string? LastResult { get; init; }

    /// <summary>Why the kernel reports no changes; null if it does.</summary>
    public string? EventsUnavailableReason { get; init; }
}
