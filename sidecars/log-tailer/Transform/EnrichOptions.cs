namespace LogTailer.Transform;

/// <summary>Fields that are added to each line.</summary>
public sealed class EnrichOptions
{
    /// <summary>
    /// The fields and their values, such as pod, namespace, node and container from the downward API. A field that a line already has is
    /// not
    /// changed. A line that is not a JSON object is wrapped as <c>{"message":"…"}</c>. Default: none.
    /// </summary>
    public Dictionary<string, string> Fields { get; set; } = [];
}
