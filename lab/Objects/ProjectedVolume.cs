namespace Lab.Objects;

internal sealed record ProjectedVolume
{
    public IReadOnlyList<VolumeProjection> Sources { get; init; } = [];

    public int DefaultMode { get; init; } = VolumeModes.Default;
}
