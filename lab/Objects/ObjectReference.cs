namespace Lab.Objects;

internal sealed record ObjectReference
{
    public string Name { get; init; } = "";

    public bool Optional { get; init; }
}
