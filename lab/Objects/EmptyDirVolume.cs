namespace Lab.Objects;

internal sealed record EmptyDirVolume
{
    public string Medium { get; init; } = "";
}
