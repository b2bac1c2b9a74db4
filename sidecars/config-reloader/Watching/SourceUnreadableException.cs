namespace ConfigReloader.Watching;

/// <summary>The watched place could not be read whole; there is no state to compare or to deliver.</summary>
internal sealed class SourceUnreadableException : Exception
{
    public SourceUnreadableException(string message, string remedy, Exception? cause = null)
        : base(message, cause) => Remedy = remedy;

    public string Remedy { get; }
}
