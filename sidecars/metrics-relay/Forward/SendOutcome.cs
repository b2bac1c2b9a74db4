namespace MetricsRelay.Forward;

/// <summary>What became of a request.</summary>
/// <param name="Name">One of a few words: the label of the relay's own metrics.</param>
/// <param name="Done">Whether the batch is done with; otherwise it is sent again.</param>
/// <param name="Error">What went wrong, null if nothing did.</param>
/// <param name="After">When the receiver wants it again.</param>
/// <param name="Written">How many samples the receiver says that it took; null where it says nothing: all or none.</param>
internal readonly record struct SendOutcome(string Name, bool Done, string? Error, TimeSpan? After = null, int? Written = null)
{
    public static readonly SendOutcome Accepted = new("accepted", true, null);
}
