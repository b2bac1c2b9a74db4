namespace Hosting.Configuration;

/// <summary>
/// A component that applies a changed configuration without a restart, in two phases: every participant prepares, and all
/// commit only if none rejects the configuration. So the process never runs with a mix of both.
/// </summary>
public interface IReloadParticipant<in TOptions>
    where TOptions : ContainerOptions
{
    /// <summary>
    /// The keys, or sections such as <c>Inference</c>, that this component applies. Changes of other keys are reported as needing a
    /// restart.
    /// </summary>
    IReadOnlyCollection<string> Keys { get; }

    /// <summary>Builds the new state completely, and returns the action that puts it into effect, which must not fail.</summary>
    /// <exception cref="ConfigurationException">The new configuration is rejected; the previous one stays in effect.</exception>
    ValueTask<Action> PrepareAsync(TOptions next, CancellationToken cancellationToken);
}
