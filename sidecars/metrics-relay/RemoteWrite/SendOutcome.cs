namespace MetricsRelay.RemoteWrite;

/// <summary>What became of a request.</summary>
/// <param name="Name">One of a few words: the label of the relay's own metrics.</param>
/// <param name="Done">Whether the batch is done with; otherwise it is sent again.</param>
/// <param name="Error">What went wrong, null if nothing did.</param>
/// <param name="After">When the receiver wants it again.</param>
internal readonly record struct SendOutcome(string Name, bool Done, string? Error, TimeSpan? After = null)
{
    public static readonly SendOutcome Accepted = new("accepted", true, null);
}
