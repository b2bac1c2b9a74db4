namespace LogTailer.Sinks.Http;

/// <summary>Where lines are written that a store rejects permanently.</summary>
public sealed class DeadLetterOptions
{
    /// <summary>The file, one JSON object per line. Default: <c>dead-letters.ndjson</c> in the directory of the checkpoint.</summary>
    public string Path { get; set; } = "";
}
