namespace ConfigReloader.Sources;

/// <summary>A watched source could not be read completely, so there is no snapshot to compare or to deliver.</summary>
internal sealed class SourceUnreadableException : Exception
{
    public SourceUnreadableException(string message, string remedy, Exception? cause = null)
        : base(message, cause) => Remedy = remedy;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; }
}
