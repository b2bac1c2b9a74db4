namespace Agent.Inference;

/// <summary>The answer to <c>POST /inference</c>.</summary>
/// <param name="Prediction">The text's class, such as <c>positive</c>.</param>
/// <param name="Score">Its probability as the model sees it; null where the model does not say.</param>
/// <param name="Model">Name of the model that answered.</param>
/// <param name="RequestId">The id that the request log has, too.</param>
/// <param name="LatencyMs">Milliseconds from the request's arrival to its answer.</param>
internal sealed record InferenceResponse(string Prediction, double? Score, string Model, string RequestId, double LatencyMs);
