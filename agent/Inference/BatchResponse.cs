namespace Agent.Inference;

/// <summary>The answer to <c>POST /inference/batch</c>.</summary>
/// <param name="Predictions">One for each text, in their order.</param>
/// <param name="Model">Name of the model that answered, the same for all.</param>
/// <param name="RequestId">The id that the request log has, too.</param>
/// <param name="LatencyMs">Milliseconds from the request's arrival to its answer.</param>
internal sealed record BatchResponse(IReadOnlyList<BatchPrediction> Predictions, string Model, string RequestId, double LatencyMs);
