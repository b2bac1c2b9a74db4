using System.Text;

namespace Lab.Objects;

internal sealed record ConfigMap
{
    public ObjectMeta Metadata { get; init; } = new();

    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, byte[]> BinaryData { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>All keys, text and binary.</summary>
    public IReadOnlyDictionary<string, byte[]> GetContent()
    {
        var content = new Dictionary<string, byte[]>(BinaryData, StringComparer.Ordinal);
        foreach (var (key, text) in Data)
        {
            content[key] = Encoding.UTF8.GetBytes(text);
        }

        return content;
    }
}
