namespace Lab.Objects;

internal sealed record DownwardApiFile
{
    public string Path { get; init; } = "";

    public ObjectFieldSelector? FieldRef { get; init; }

    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    public int? Mode { get; init; }
}
