using System.Text;

namespace Lab.Objects;

internal sealed record Secret
{
    public ObjectMeta Metadata { get; init; } = new();

    public string Type { get; init; } = "Opaque";

    public IReadOnlyDictionary<string, byte[]> Data { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>Plain text that is written; wins over <see cref="Data"/>.</summary>
    public IReadOnlyDictionary<string, string> StringData { get; init; } = new Dictionary<string, string>();

    /// <summary>What is stored: both kinds together.</summary>
    public IReadOnlyDictionary<string, byte[]> Content()
    {
        var content = new Dictionary<string, byte[]>(Data, StringComparer.Ordinal);
        foreach (var (key, text) in StringData)
        {
            content[key] = Encoding.UTF8.GetBytes(text);
        }

        return content;
    }
}
