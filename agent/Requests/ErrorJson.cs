using System.Text.Json.Serialization;

namespace Agent.Requests;

/// <summary>Serializes without reflection, so that the program can be trimmed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorDetail))]
internal sealed partial class ErrorJson : JsonSerializerContext;
