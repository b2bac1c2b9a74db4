namespace ConfigReloader.Watching;

/// <summary>How an attempt to render a snapshot and to notify the target ended.</summary>
internal enum AttemptOutcome
{
    /// <summary>The target uses the snapshot.</summary>
    Delivered,

    /// <summary>The target was notified, but did not show that it reloaded.</summary>
    Unconfirmed,

    /// <summary>The application rejected the snapshot.</summary>
    Rejected,

    /// <summary>The snapshot has placeholders without a value. The target was not notified.</summary>
    NotRendered,

    /// <summary>Rendering or notifying failed. The attempt is repeated.</summary>
    Failed,
}
