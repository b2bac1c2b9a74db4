namespace Lab.Objects;

internal sealed record PersistentVolumeClaimVolume
{
    public string ClaimName { get; init; } = "";
}
