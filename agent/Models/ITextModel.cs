namespace Agent.Models;

/// <summary>A model that classifies texts. Thread-safe.</summary>
internal interface ITextModel
{
    /// <summary>The name in responses.</summary>
    string Name { get; }

    /// <summary>
    /// Whether <see cref="PredictLabelAsync"/> always completes before it returns. Such a model needs no timeout and no
    /// cancellation.
    /// </summary>
    bool CompletesSynchronously => false;

    /// <summary>Predicts the text's class.</summary>
    /// <exception cref="OperationCanceledException">The request timed out or its client disconnected.</exception>
    ValueTask<Prediction> PredictLabelAsync(string text, CancellationToken cancellationToken);

    /// <summary>Predicts the text's class in steps; the last step has the final prediction.</summary>
    /// <exception cref="OperationCanceledException">The request timed out or its client disconnected.</exception>
    IAsyncEnumerable<PredictionStep> StreamPredictionsAsync(string text, CancellationToken cancellationToken);
}
