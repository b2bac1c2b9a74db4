using Agent.Classifier;

namespace Agent.Models;

/// <summary>The linear text classifier: built in, or from a weights file.</summary>
internal sealed class LinearModel(string name, LinearClassifier classifier) : ITextModel
{
    public string Name => name;

    public static LinearModel From(WeightsFile file) => new(file.Name, file.ToClassifier());

    public ValueTask<Prediction> PredictAsync(string text, CancellationToken cancellationToken)
    {
        var (label, score) = classifier.Predict(text);
        return ValueTask.FromResult(new Prediction(label, score));
    }
}
