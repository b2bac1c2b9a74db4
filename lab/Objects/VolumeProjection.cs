using System.Text.Json.Serialization;

namespace Lab.Objects;

internal sealed record VolumeProjection
{
    public ConfigMapVolume? ConfigMap { get; init; }

    public SecretVolume? Secret { get; init; }

    [JsonPropertyName("downwardAPI")]
    public DownwardApiVolume? DownwardApi { get; init; }

    public ServiceAccountTokenProjection? ServiceAccountToken { get; init; }
}
