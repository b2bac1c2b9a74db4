namespace Hosting.Health;

/// <summary>Whether the process should receive traffic: after its start, before SIGTERM, and while every check passes.</summary>
public sealed class Readiness(IEnumerable<IReadinessCheck> checks)
{
    private volatile string? _phase = "starting";

    /// <summary>All reasons why the process is not ready; empty if it is.</summary>
    public IReadOnlyList<string> NotReadyBecause => _phase is { } phase
        ? [phase]
        : [.. checks.Select(check => check.NotReadyBecause).OfType<string>()];

    /// <summary>Whether the process is shutting down, and will not become ready again.</summary>
    public bool IsStopping { get; private set; }

    internal void MarkStarted()
    {
        if (!IsStopping)
        {
            _phase = null;
        }
    }

    internal void MarkStopping()
    {
        IsStopping = true;
        _phase = "shutting down";
    }
}
