namespace Hosting.Health;

/// <summary>
/// A reason not to be sent work. Of the process itself only: trouble behind it (a log store that is down) belongs in
/// <see cref="Problems"/>, since a sidecar that is not ready takes its whole Pod out of the Service.
/// </summary>
public interface IReadinessCheck
{
    /// <summary>Why not, or null when ready. Called on any thread; must not wait.</summary>
    string? NotReadyBecause { get; }
}
