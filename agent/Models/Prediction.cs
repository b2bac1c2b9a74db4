namespace Agent.Models;

/// <summary>The result of a model for one text.</summary>
/// <param name="Label">The predicted class.</param>
/// <param name="Score">Its estimated probability; null if the model provides none.</param>
internal readonly record struct Prediction(string Label, double? Score);
