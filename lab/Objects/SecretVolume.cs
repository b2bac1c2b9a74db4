namespace Lab.Objects;

internal sealed record SecretVolume
{
    public string SecretName { get; init; } = "";

    /// <summary>A projected source names its Secret <c>name</c>.</summary>
    public string Name { get; init; } = "";

    public IReadOnlyList<KeyToPath> Items { get; init; } = [];

    public int DefaultMode { get; init; } = VolumeModes.Default;

    public bool Optional { get; init; }

    public string Reference => SecretName.Length > 0 ? SecretName : Name;
}
