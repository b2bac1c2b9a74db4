namespace Agent.Models;

/// <summary>A step on the way to a prediction.</summary>
/// <param name="Token">What came with this step: the next words of the text, or of what a remote model says.</param>
/// <param name="Prediction">What the model makes of it so far; null while it has no opinion.</param>
internal readonly record struct PredictionStep(string Token, Prediction? Prediction);
