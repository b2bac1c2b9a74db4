using System.Text.Json.Serialization;

namespace Lab.Objects;

internal sealed record ResourceRequirements
{
    [JsonConverter(typeof(QuantitiesConverter))]
    public IReadOnlyDictionary<string, string> Requests { get; init; } = new Dictionary<string, string>();

    [JsonConverter(typeof(QuantitiesConverter))]
    public IReadOnlyDictionary<string, string> Limits { get; init; } = new Dictionary<string, string>();
}
