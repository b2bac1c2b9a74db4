namespace Hosting.Health;

/// <summary>Whether the process should be sent work: after its start, until SIGTERM, and while no check objects.</summary>
public sealed class Readiness(IEnumerable<IReadinessCheck> checks)
{
    private volatile string? _phase = "starting";

    /// <summary>Every reason against; empty when ready.</summary>
    public IReadOnlyList<string> NotReadyBecause => _phase is { } phase
        ? [phase]
        : [.. checks.Select(c => c.NotReadyBecause).OfType<string>()];

    /// <summary>From now on until the end: not ready.</summary>
    public bool IsStopping { get; private set; }

    internal void Started()
    {
        if (!IsStopping)
        {
            _phase = null;
        }
    }

    internal void Stopping()
    {
        IsStopping = true;
        _phase = "shutting down";
    }
}
