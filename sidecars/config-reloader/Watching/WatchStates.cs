namespace ConfigReloader.Watching;

/// <summary>The states of the watches in force, for those who show them.</summary>
internal sealed class WatchStates
{
    /// <summary>Replaced whole when the configuration is reloaded.</summary>
    public IReadOnlyList<Watch> All { get; set => Volatile.Write(ref field, value); } = [];
}
