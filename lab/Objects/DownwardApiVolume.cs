namespace Lab.Objects;

internal sealed record DownwardApiVolume
{
    public IReadOnlyList<DownwardApiFile> Items { get; init; } = [];

    public int DefaultMode { get; init; } = VolumeModes.Default;
}
