namespace Agent.Inference;

/// <summary>One event of <c>POST /inference/stream</c>.</summary>
/// <param name="Token">What came with this step.</param>
/// <param name="Prediction">What the model makes of it so far; null while it has no opinion.</param>
/// <param name="Score">The probability of that.</param>
/// <param name="Model">Name of the model that answers.</param>
/// <param name="RequestId">The id that the request log has, too.</param>
internal sealed record StreamEvent(string Token, string? Prediction, double? Score, string Model, string RequestId);
