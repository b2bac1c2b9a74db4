namespace Lab.Objects;

internal sealed record HttpHeader
{
    public string Name { get; init; } = "";

    public string Value { get; init; } = "";
}
