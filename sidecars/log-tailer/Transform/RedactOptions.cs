namespace LogTailer.Transform;

/// <summary>Fields whose values are hidden.</summary>
public sealed class RedactOptions
{
    /// <summary>Names of JSON fields, at any depth, whose values are replaced by <c>"***"</c>. Default: none.</summary>
    public string[] Fields { get; set; } = [];
}
