namespace ConfigReloader.Watching;

/// <summary>How a watch stands.</summary>
internal enum WatchPhase
{
    /// <summary>Nothing was read yet.</summary>
    Starting,

    /// <summary>The target has what is there.</summary>
    InStep,

    /// <summary>There is a change that the target does not have yet; it is tried again.</summary>
    Pending,

    /// <summary>The application has refused what is there; waits for the next change.</summary>
    Refused,

    /// <summary>The target was told, and does not show that it heeds.</summary>
    Unconfirmed,

    /// <summary>What is there cannot be rendered; waits for the next change.</summary>
    NotRendered,

    /// <summary>What is there cannot be read.</summary>
    Unreadable,
}
