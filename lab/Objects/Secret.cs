using System.Text;

namespace Lab.Objects;

internal sealed record Secret
{
    public ObjectMeta Metadata { get; init; } = new();

    public string Type { get; init; } = "Opaque";

    public IReadOnlyDictionary<string, byte[]> Data { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>Values as plain text; they take precedence over <see cref="Data"/>.</summary>
    public IReadOnlyDictionary<string, string> StringData { get; init; } = new Dictionary<string, string>();

    /// <summary>All keys, with <see cref="StringData"/> encoded.</summary>
    public IReadOnlyDictionary<string, byte[]> GetContent()
    {
        var content = new Dictionary<string, byte[]>(Data, StringComparer.Ordinal);
        foreach (var (key, text) in StringData)
        {
            content[key] = Encoding.UTF8.GetBytes(text);
        }

        return content;
    }
}
