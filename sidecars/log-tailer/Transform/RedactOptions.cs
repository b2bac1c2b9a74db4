namespace LogTailer.Transform;

/// <summary>What of a line nobody is to see.</summary>
public sealed class RedactOptions
{
    /// <summary>Names of JSON fields, at any depth, whose values become <c>"***"</c>. Default: none.</summary>
    public string[] Fields { get; set; } = [];
}
