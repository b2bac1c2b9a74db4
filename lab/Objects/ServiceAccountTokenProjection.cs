namespace Lab.Objects;

internal sealed record ServiceAccountTokenProjection
{
    public string Path { get; init; } = "";
}
