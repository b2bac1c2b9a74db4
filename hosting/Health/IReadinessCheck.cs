namespace Hosting.Health;

/// <summary>
/// Decides whether the process should receive traffic. A check covers the process itself only: a problem behind it, such as a log
/// store that is down, belongs in <see cref="Problems"/>, because a sidecar that is not ready removes its Pod from the Service.
/// </summary>
public interface IReadinessCheck
{
    /// <summary>Why the process is not ready, or null if it is. Called on any thread; must not block.</summary>
    string? NotReadyBecause { get; }
}
