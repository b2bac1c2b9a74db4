namespace ConfigReloader.Targets;

/// <summary>How an attempt to notify a target ended. The names are also the values of the metric label <c>outcome</c>.</summary>
internal enum DeliveryOutcome
{
    /// <summary>The target uses the new configuration.</summary>
    Delivered,

    /// <summary>The target was notified, but its status page shows no reload. Not repeated: the target might reload twice.</summary>
    Unconfirmed,

    /// <summary>The application rejected the new configuration. Repeating the attempt would change nothing.</summary>
    Refused,

    /// <summary>The target could not be notified. The attempt is repeated.</summary>
    Failed,
}
