using System.Text.Json.Serialization;

namespace Agent.Classifier;

/// <summary>Serializes without reflection, so that the program can be trimmed.</summary>
[JsonSerializable(typeof(WeightsFile))]
internal sealed partial class WeightsFileJson : JsonSerializerContext;
