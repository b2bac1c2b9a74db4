namespace Lab.Objects;

internal sealed record ConfigMapVolume
{
    public string Name { get; init; } = "";

    public IReadOnlyList<KeyToPath> Items { get; init; } = [];

    public int DefaultMode { get; init; } = VolumeModes.Default;

    public bool Optional { get; init; }
}
