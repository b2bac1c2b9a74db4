namespace LogTailer.Sinks.Http;

/// <summary>Where lines go that a store refuses for good.</summary>
public sealed class DeadLetterOptions
{
    /// <summary>The file, a JSON object a line. Default: <c>dead-letters.ndjson</c> beside the checkpoint.</summary>
    public string Path { get; set; } = "";
}
