namespace Agent.Remote;

/// <summary>Finds a class in a chat model's output.</summary>
internal sealed class LabelMatcher(IReadOnlyList<string> labels)
{
    /// <summary>The label that occurs first, ignoring case: models add punctuation and capitals.</summary>
    /// <returns>Null if no label occurs.</returns>
    public string? FindLabel(string content) => labels
        .Select(label => (Label: label, Index: content.IndexOf(label, StringComparison.OrdinalIgnoreCase)))
        .Where(match => match.Index >= 0)
        .OrderBy(match => match.Index)
        .Select(match => match.Label)
        .FirstOrDefault();
}
