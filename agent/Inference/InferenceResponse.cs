namespace Agent.Inference;

/// <summary>The response to <c>POST /inference</c>.</summary>
/// <param name="Prediction">The text's class, such as <c>positive</c>.</param>
/// <param name="Score">Its estimated probability; null if the model provides none.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="RequestId">The id in the request log.</param>
/// <param name="LatencyMs">Milliseconds from the request's arrival to its response.</param>
internal sealed record InferenceResponse(string Prediction, double? Score, string Model, string RequestId, double LatencyMs);
