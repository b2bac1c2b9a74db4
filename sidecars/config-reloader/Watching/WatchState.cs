namespace ConfigReloader.Watching;

/// <summary>
/// The state of a watch: exactly one case at a time. The transitions are pure: they take a fact and return the next state, and
/// read neither files nor clocks. Times are measured from the creation of the watch.
/// </summary>
internal abstract record WatchState
{
    private static readonly TimeSpan UnreadableCheckInterval = TimeSpan.FromSeconds(1);

    private WatchState()
    {
    }

    /// <summary>The case, as <c>/statusz</c> shows it.</summary>
    public abstract WatchPhase Phase { get; }

    /// <summary>Fingerprint of the last snapshot that was read; null before the first one.</summary>
    public abstract string? Fingerprint { get; }

    /// <summary>What the target uses.</summary>
    public abstract TargetContent Target { get; }

    /// <summary>The source has different content than before.</summary>
    public WatchState OnSnapshotChanged(string fingerprint) =>
        fingerprint != Target.Fingerprint ? new Pending(fingerprint, Target)
        : Target.IsConfirmed ? new InStep(fingerprint)
        : new Unconfirmed(fingerprint);

    /// <summary>The source could not be read.</summary>
    public WatchState OnUnreadable() => this is Unreadable ? this : new Unreadable(this);

    /// <summary>The source was read.</summary>
    public WatchState OnReadable() => this is Unreadable unreadable ? unreadable.Before : this;

    /// <summary>An attempt to deliver the content has ended.</summary>
    /// <param name="fingerprint">The content.</param>
    /// <param name="outcome">How the attempt ended.</param>
    /// <param name="retryAt">When to repeat a failed attempt.</param>
    public WatchState OnAttemptEnded(string fingerprint, AttemptOutcome outcome, TimeSpan? retryAt = null) => outcome switch
    {
        AttemptOutcome.Delivered => new InStep(fingerprint),
        AttemptOutcome.Unconfirmed => new Unconfirmed(fingerprint),
        AttemptOutcome.Rejected => new Rejected(fingerprint),

        // The target was not notified, so it keeps what it has.
        AttemptOutcome.NotRendered => new NotRendered(fingerprint, Target),
        _ => new Pending(fingerprint, TargetContent.Unknown, retryAt),
    };

    /// <summary>Whether the target has to be notified now.</summary>
    public bool IsAttemptDue(TimeSpan now) => this is Pending pending && (pending.RetryAt is not { } retryAt || retryAt <= now);

    /// <summary>How long to wait for a change notification before the source is read again.</summary>
    public TimeSpan GetCheckDelay(TimeSpan pollInterval, TimeSpan now)
    {
        var delay = this switch
        {
            Unreadable => UnreadableCheckInterval,
            Pending { RetryAt: { } retryAt } => retryAt > now ? retryAt - now : TimeSpan.Zero,
            _ => pollInterval,
        };
        return delay < pollInterval ? delay : pollInterval;
    }

    /// <summary>Nothing was read yet.</summary>
    internal sealed record Starting(TargetContent KnownTarget) : WatchState
    {
        public override WatchPhase Phase => WatchPhase.Starting;

        public override string? Fingerprint => null;

        public override TargetContent Target => KnownTarget;
    }

    /// <summary>The target uses the current content.</summary>
    internal sealed record InStep(string Current) : WatchState
    {
        public override WatchPhase Phase => WatchPhase.InStep;

        public override string Fingerprint => Current;

        public override TargetContent Target => new(Current, IsConfirmed: true);
    }

    /// <summary>The target has to be notified.</summary>
    /// <param name="Current">Fingerprint to deliver.</param>
    /// <param name="KnownTarget">What the target uses until then.</param>
    /// <param name="RetryAt">When the next attempt is due; null for immediately.</param>
    internal sealed record Pending(string Current, TargetContent KnownTarget, TimeSpan? RetryAt = null) : WatchState
    {
        public override WatchPhase Phase => WatchPhase.Pending;

        public override string Fingerprint => Current;

        public override TargetContent Target => KnownTarget;
    }

    /// <summary>The application rejected the current content. The next attempt follows the next change.</summary>
    internal sealed record Rejected(string Current) : WatchState
    {
        public override WatchPhase Phase => WatchPhase.Rejected;

        public override string Fingerprint => Current;

        public override TargetContent Target => TargetContent.Unknown;
    }

    /// <summary>The target was notified of the current content, but did not show that it reloaded.</summary>
    internal sealed record Unconfirmed(string Current) : WatchState
    {
        public override WatchPhase Phase => WatchPhase.Unconfirmed;

        public override string Fingerprint => Current;

        public override TargetContent Target => new(Current, IsConfirmed: false);
    }

    /// <summary>The current content cannot be rendered. The next attempt follows the next change.</summary>
    internal sealed record NotRendered(string Current, TargetContent KnownTarget) : WatchState
    {
        public override WatchPhase Phase => WatchPhase.NotRendered;

        public override string Fingerprint => Current;

        public override TargetContent Target => KnownTarget;
    }

    /// <summary>The source cannot be read.</summary>
    /// <param name="Before">The state to return to when the source can be read again.</param>
    internal sealed record Unreadable(WatchState Before) : WatchState
    {
        public override WatchPhase Phase => WatchPhase.Unreadable;

        public override string? Fingerprint => Before.Fingerprint;

        public override TargetContent Target => Before.Target;
    }
}
