namespace ConfigReloader.Targets;

/// <summary>The application that is notified of a change.</summary>
internal interface ITarget
{
    /// <summary>For log and status: <c>POST http://localhost:8001/-/reload</c>, <c>SIGHUP to nginx</c>.</summary>
    string Description { get; }

    /// <summary>Notifies the target once. Throws only on cancellation: every failure is an outcome.</summary>
    Task<DeliveryResult> DeliverChangeAsync(CancellationToken cancellationToken);

    /// <summary>Checks without side effects whether a delivery could succeed.</summary>
    /// <returns>Null if it could, otherwise the failure.</returns>
    Task<DeliveryResult?> CheckReachabilityAsync(CancellationToken cancellationToken);
}
