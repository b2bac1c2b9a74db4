using System.Runtime.CompilerServices;
using Agent.Classifier;

namespace Agent.Models;

/// <summary>The linear text classifier: built in, or from a weights file.</summary>
internal sealed class LinearModel(string name, LinearClassifier classifier) : ITextModel
{
    /// <summary>Each step reads the text from its beginning, so their number is bounded and not only their length.</summary>
    private const int MaxSteps = 64;

    public string Name => name;

    public bool AnswersAtOnce => true;

    public static LinearModel From(WeightsFile file) => new(file.Name, file.ToClassifier());

    public ValueTask<Prediction> PredictAsync(string text, CancellationToken cancellationToken)
    {
        var (label, score) = classifier.Predict(text);
        return ValueTask.FromResult(new Prediction(label, score));
    }

    /// <summary>The prediction as the text is read word by word; of a long text in <see cref="MaxSteps"/> steps of several words.</summary>
    public async IAsyncEnumerable<PredictionStep> StreamAsync(string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var least = text.Length / MaxSteps;
        for (int start = 0, end; start < text.Length; start = end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            end = Math.Min(text.Length, start + least);
            while (end < text.Length && (end == start || !char.IsWhiteSpace(text[end])))
            {
                end++;
            }

            yield return new PredictionStep(text[start..end], await PredictAsync(text[..end], cancellationToken));
        }
    }
}
