namespace ConfigReloader.Targets;

/// <summary>Who is told of a change.</summary>
internal interface ITarget
{
    /// <summary>For a person: <c>POST http://localhost:8001/-/reload</c>, <c>SIGHUP to nginx</c>.</summary>
    string Description { get; }

    /// <summary>Tells it once. Does not throw but for cancellation: whatever goes wrong is an outcome.</summary>
    Task<Delivery> DeliverAsync(CancellationToken cancellationToken);

    /// <summary>Looks whether a delivery could succeed, without one; null if so, else what stands against it.</summary>
    Task<Delivery?> ProbeAsync(CancellationToken cancellationToken);
}
