using ConfigReloader.Watching;

namespace ConfigReloader;

/// <summary>Applies the watches of a reloaded configuration.</summary>
internal sealed class WatchReload(WatchSet watches) : IReloadParticipant<ConfigReloaderOptions>
{
    public IReadOnlyCollection<string> Keys { get; } = ["Watches"];

    public ValueTask<Action> PrepareAsync(ConfigReloaderOptions next, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Action>(() => watches.ApplyOptions(next.Watches));
}
