namespace ConfigReloader.Watching;

/// <summary>What a watch tells of itself; replaced whole by its loop, read by anyone.</summary>
internal sealed record WatchState
{
    public WatchPhase Phase { get; init; } = WatchPhase.Starting;

    /// <summary>What is there now; null before the first reading.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Number of files in it.</summary>
    public int Files { get; init; }

    /// <summary>What the target has for certain; null where that is not known.</summary>
    public string? Delivered { get; init; }

    /// <summary>Changes since the start.</summary>
    public long Changes { get; init; }

    public DateTimeOffset? ChangedAt { get; init; }

    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>Attempts for the present change.</summary>
    public int Attempts { get; init; }

    /// <summary>When the next one is due; null where none is.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>What came of the last attempt, in words.</summary>
    public string? LastResult { get; init; }

    /// <summary>Why the kernel tells no changes, null where it does.</summary>
    public string? NoEventsBecause { get; init; }
}
