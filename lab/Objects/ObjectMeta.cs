namespace Lab.Objects;

internal sealed record ObjectMeta
{
    public string Name { get; init; } = "";

    public string GenerateName { get; init; } = "";

    public string Namespace { get; init; } = "default";

    public string Uid { get; init; } = "";

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}
