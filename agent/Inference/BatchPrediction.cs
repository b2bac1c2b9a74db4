namespace Agent.Inference;

/// <summary>The result for one text of a batch.</summary>
/// <param name="Prediction">The text's class.</param>
/// <param name="Score">Its estimated probability; null if the model provides none.</param>
internal sealed record BatchPrediction(string Prediction, double? Score);
