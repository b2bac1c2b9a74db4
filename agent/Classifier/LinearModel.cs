using System.Runtime.CompilerServices;
using Agent.Models;

namespace Agent.Classifier;

/// <summary>The linear text classifier as a model: built in, or from a weights file.</summary>
internal sealed class LinearModel(string name, LinearClassifier classifier) : ITextModel
{
    /// <summary>Every step classifies the text from its start, so the number of steps is bounded.</summary>
    private const int MaxSteps = 64;

    public string Name => name;

    public bool CompletesSynchronously => true;

    public static LinearModel CreateFrom(WeightsFile file) => new(file.Name, file.CreateClassifier());

    public ValueTask<Prediction> PredictLabelAsync(string text, CancellationToken cancellationToken)
    {
        var (label, score) = classifier.PredictLabel(text);
        return ValueTask.FromResult(new Prediction(label, score));
    }

    /// <summary>The prediction after each word; after several words at a time if the text is long.</summary>
    public async IAsyncEnumerable<PredictionStep> StreamPredictionsAsync(
        string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var minChars = text.Length / MaxSteps;
        for (int start = 0, end; start < text.Length; start = end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            end = Math.Min(text.Length, start + minChars);
            while (end < text.Length && (end == start || !char.IsWhiteSpace(text[end])))
            {
                end++;
            }

            yield return new PredictionStep(text[start..end], await PredictLabelAsync(text[..end], cancellationToken));
        }
    }
}
