namespace Hosting.Configuration;

/// <summary>
/// A part that takes a changed configuration without a restart, in two phases: every part prepares, and only when none
/// refuses do all commit. So the process is never half in the new configuration.
/// </summary>
public interface IReloadParticipant<in TOptions>
    where TOptions : ContainerOptions
{
    /// <summary>The keys, or prefixes of keys such as <c>Inference</c>, that this part applies. Others are reported as needing a restart.</summary>
    IReadOnlyCollection<string> Keys { get; }

    /// <summary>Builds the new state whole and returns the swap, which must not fail.</summary>
    /// <exception cref="ConfigurationException">The new configuration is refused; the old stays in force.</exception>
    ValueTask<Action> PrepareAsync(TOptions next, CancellationToken cancellationToken);
}
