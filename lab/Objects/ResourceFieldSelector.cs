using System.Text.Json.Serialization;

namespace Lab.Objects;

internal sealed record ResourceFieldSelector
{
    public string? ContainerName { get; init; }

    /// <summary>Such as <c>limits.memory</c>.</summary>
    public string Resource { get; init; } = "";

    [JsonConverter(typeof(QuantityTextConverter))]
    public string Divisor { get; init; } = "1";
}
