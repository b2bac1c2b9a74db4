namespace Agent.Inference;

/// <summary>The response to <c>POST /inference/batch</c>.</summary>
/// <param name="Predictions">One result per text, in the order of the texts.</param>
/// <param name="Model">Name of the model, the same for all texts.</param>
/// <param name="RequestId">The id in the request log.</param>
/// <param name="LatencyMs">Milliseconds from the request's arrival to its response.</param>
internal sealed record BatchResponse(IReadOnlyList<BatchPrediction> Predictions, string Model, string RequestId, double LatencyMs);
