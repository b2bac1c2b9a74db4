namespace Agent;

/// <summary>
/// Passes one section of a reloaded configuration to the feature that uses it, so that features do not depend on
/// <see cref="AgentOptions"/>.
/// </summary>
/// <param name="section">The section's key.</param>
/// <param name="getSection">Returns the section.</param>
/// <param name="prepare">Builds the feature's new state and returns the swap.</param>
internal sealed class SectionReload<TSection>(string section, Func<AgentOptions, TSection> getSection, Func<TSection, Action> prepare)
    : IReloadParticipant<AgentOptions>
{
    public IReadOnlyCollection<string> Keys { get; } = [section];

    public ValueTask<Action> PrepareAsync(AgentOptions next, CancellationToken cancellationToken) =>
        ValueTask.FromResult(prepare(getSection(next)));
}
