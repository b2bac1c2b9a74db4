using System.Text.Json.Serialization;

namespace Agent.Hello;

/// <summary>Serializes without reflection, so that the program can be trimmed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HelloResponse))]
internal sealed partial class HelloJson : JsonSerializerContext;
