namespace ConfigReloader.Targets;

/// <summary>How an attempt to tell a target ended.</summary>
internal enum DeliveryOutcome
{
    /// <summary>The target has it.</summary>
    Delivered,

    /// <summary>The target was told, but its own status shows no sign of it. Not told again: it may act on it twice.</summary>
    Unconfirmed,

    /// <summary>The application has looked at the new state and does not want it. Asking again changes nothing.</summary>
    Refused,

    /// <summary>The target could not be told; worth another attempt.</summary>
    Failed,
}
