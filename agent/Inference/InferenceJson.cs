using System.Text.Json.Serialization;

namespace Agent.Inference;

/// <summary>Serializes without reflection, so that the program can be trimmed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(InferenceResponse))]
[JsonSerializable(typeof(BatchResponse))]
[JsonSerializable(typeof(StreamEvent))]
internal sealed partial class InferenceJson : JsonSerializerContext;
