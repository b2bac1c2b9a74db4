namespace Agent.Inference;

/// <summary>One event of <c>POST /inference/stream</c>.</summary>
/// <param name="Token">The next part of the text or of the model's output.</param>
/// <param name="Prediction">The prediction so far; null before there is one.</param>
/// <param name="Score">Its estimated probability; null if the model provides none.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="RequestId">The id in the request log.</param>
internal sealed record StreamEvent(string Token, string? Prediction, double? Score, string Model, string RequestId);
