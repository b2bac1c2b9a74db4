using System.Text.Json.Serialization;

namespace Lab.Objects;

internal sealed record ContainerPort
{
    public string? Name { get; init; }

    [JsonPropertyName("containerPort")]
    public int Port { get; init; }

    public string Protocol { get; init; } = "TCP";
}
