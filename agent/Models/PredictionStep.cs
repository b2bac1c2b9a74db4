namespace Agent.Models;

/// <summary>An intermediate result of a streaming prediction.</summary>
/// <param name="Token">The next part: words of the text, or of a remote model's output.</param>
/// <param name="Prediction">The prediction so far; null before there is one.</param>
internal readonly record struct PredictionStep(string Token, Prediction? Prediction);
