namespace Agent.Classifier;

/// <summary>The accuracy of the weights on texts that were held out from training.</summary>
/// <param name="Texts">Number of held-out texts.</param>
/// <param name="Accuracy">Share of them whose label was predicted correctly.</param>
/// <param name="ConfusionMatrix">One row per true label, one column per predicted label, both in the order of the labels.</param>
internal sealed record Evaluation(int Texts, double Accuracy, IReadOnlyList<IReadOnlyList<int>> ConfusionMatrix);
