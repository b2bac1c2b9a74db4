namespace Lab.Objects;

internal sealed record VolumeMount
{
    public string Name { get; init; } = "";

    public string MountPath { get; init; } = "";

    public string SubPath { get; init; } = "";

    public string SubPathExpr { get; init; } = "";

    public bool ReadOnly { get; init; }
}
