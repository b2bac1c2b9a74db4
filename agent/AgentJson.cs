using System.Text.Json.Serialization;
using Agent.Inference;

namespace Agent;

/// <summary>Writes the answers without reflection, so that the program can be trimmed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(InferenceResponse))]
[JsonSerializable(typeof(Hello))]
internal sealed partial class AgentJson : JsonSerializerContext;
