namespace Lab.Objects;

internal sealed record HostPathVolume
{
    public string Path { get; init; } = "";

    public string Type { get; init; } = "";
}
