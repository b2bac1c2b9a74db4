using System.Text.Json.Serialization;

namespace Lab.Objects;

/// <summary>A volume, with the sources that the lab supports.</summary>
internal sealed record Volume
{
    public string Name { get; init; } = "";

    public EmptyDirVolume? EmptyDir { get; init; }

    public ConfigMapVolume? ConfigMap { get; init; }

    public SecretVolume? Secret { get; init; }

    public ProjectedVolume? Projected { get; init; }

    [JsonPropertyName("downwardAPI")]
    public DownwardApiVolume? DownwardApi { get; init; }

    public HostPathVolume? HostPath { get; init; }

    public PersistentVolumeClaimVolume? PersistentVolumeClaim { get; init; }
}
