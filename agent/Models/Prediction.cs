namespace Agent.Models;

/// <summary>A model's answer.</summary>
/// <param name="Label">The class.</param>
/// <param name="Score">Its probability as the model sees it; null where the model does not say.</param>
internal readonly record struct Prediction(string Label, double? Score);
