namespace Lab.Objects;

internal sealed record ConfigMap
{
    public ObjectMeta Metadata { get; init; } = new();

    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, byte[]> BinaryData { get; init; } = new Dictionary<string, byte[]>();
}
