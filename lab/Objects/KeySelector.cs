namespace Lab.Objects;

internal sealed record KeySelector
{
    public string Name { get; init; } = "";

    public string Key { get; init; } = "";

    public bool Optional { get; init; }
}
