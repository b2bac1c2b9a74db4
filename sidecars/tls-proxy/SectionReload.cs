namespace TlsProxy;

/// <summary>Connects the reload of one feature to the reload of the configuration.</summary>
/// <param name="keys">The configuration keys of the feature.</param>
/// <param name="prepare">Prepares the new state from the current and the next options, and returns the action that applies it.</param>
/// <param name="current">The options in effect.</param>
internal sealed class SectionReload(
    IReadOnlyCollection<string> keys,
    Func<TlsProxyOptions, TlsProxyOptions, ValueTask<Action>> prepare,
    CurrentOptions<TlsProxyOptions> current) : IReloadParticipant<TlsProxyOptions>
{
    public IReadOnlyCollection<string> Keys => keys;

    public ValueTask<Action> PrepareAsync(TlsProxyOptions next, CancellationToken cancellationToken) => prepare(current.Value, next);
}
