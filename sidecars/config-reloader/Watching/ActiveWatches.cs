namespace ConfigReloader.Watching;

/// <summary>The watches of the current configuration, for status, metrics and readiness.</summary>
internal sealed class ActiveWatches
{
    /// <summary>The list is replaced when the configuration is reloaded.</summary>
    public IReadOnlyList<Watch> All { get; set => Volatile.Write(ref field, value); } = [];
}
