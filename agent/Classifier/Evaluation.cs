namespace Agent.Classifier;

/// <summary>How the weights do on texts that they were not trained on.</summary>
/// <param name="Texts">Number of held-out texts.</param>
/// <param name="Accuracy">Share of them whose label was predicted.</param>
/// <param name="ConfusionMatrix">A row per true label, a column per predicted one, both in the order of the labels.</param>
internal sealed record Evaluation(int Texts, double Accuracy, IReadOnlyList<IReadOnlyList<int>> ConfusionMatrix);
