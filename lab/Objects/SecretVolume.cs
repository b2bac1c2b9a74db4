namespace Lab.Objects;

internal sealed record SecretVolume
{
    public string SecretName { get; init; } = "";

    /// <summary>The name of the Secret in a projected source.</summary>
    public string Name { get; init; } = "";

    public IReadOnlyList<KeyToPath> Items { get; init; } = [];

    public int DefaultMode { get; init; } = VolumeModes.Default;

    public bool Optional { get; init; }

    /// <summary>The name of the Secret.</summary>
    public string Reference => SecretName.Length > 0 ? SecretName : Name;
}
