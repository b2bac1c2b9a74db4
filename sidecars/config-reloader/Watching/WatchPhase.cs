namespace ConfigReloader.Watching;

/// <summary>The cases of <see cref="WatchState"/>. <c>/statusz</c> shows the names in snake case.</summary>
internal enum WatchPhase
{
    /// <summary>Nothing was read yet.</summary>
    Starting,

    /// <summary>The target uses the current content.</summary>
    InStep,

    /// <summary>The target does not have the current content yet; retrying.</summary>
    Pending,

    /// <summary>The application rejected the current content; waiting for the next change.</summary>
    Rejected,

    /// <summary>The target was notified, but did not show that it reloaded.</summary>
    Unconfirmed,

    /// <summary>The current content cannot be rendered; waiting for the next change.</summary>
    NotRendered,

    /// <summary>The source cannot be read.</summary>
    Unreadable,
}
