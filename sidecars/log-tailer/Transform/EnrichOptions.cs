namespace LogTailer.Transform;

/// <summary>What is added to each line.</summary>
public sealed class EnrichOptions
{
    /// <summary>
    /// Fields to add, with their values: pod, namespace, node, container, as the downward API gives them. A field that a line
    /// has already stays as it is. A line that is no JSON object is wrapped as <c>{"message":"…"}</c>. Default: none.
    /// </summary>
    public Dictionary<string, string> Fields { get; set; } = [];
}
