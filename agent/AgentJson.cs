using System.Text.Json.Serialization;
using Agent.Inference;
using Agent.Requests;

namespace Agent;

/// <summary>Writes the answers without reflection, so that the program can be trimmed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(InferenceResponse))]
[JsonSerializable(typeof(BatchResponse))]
[JsonSerializable(typeof(StreamEvent))]
[JsonSerializable(typeof(ErrorDetail))]
[JsonSerializable(typeof(Hello))]
internal sealed partial class AgentJson : JsonSerializerContext;
