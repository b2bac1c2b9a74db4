namespace Agent.Inference;

/// <summary>What one text of a batch is.</summary>
/// <param name="Prediction">The text's class.</param>
/// <param name="Score">Its probability as the model sees it; null where the model does not say.</param>
internal sealed record BatchPrediction(string Prediction, double? Score);
