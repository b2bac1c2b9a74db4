namespace Agent.Models;

/// <summary>What can tell the mood of a text. Any number of threads may ask at once.</summary>
internal interface ITextModel
{
    /// <summary>The name that answers carry.</summary>
    string Name { get; }

    /// <summary>Whether <see cref="PredictAsync"/> has its answer when it returns: such a model needs no clock and nobody who can end it.</summary>
    bool AnswersAtOnce => false;

    /// <summary>The text's class.</summary>
    /// <exception cref="OperationCanceledException">The client is gone, or the request's time is over.</exception>
    ValueTask<Prediction> PredictAsync(string text, CancellationToken cancellationToken);

    /// <summary>The way to the text's class, step by step; the last step's prediction is the answer.</summary>
    /// <exception cref="OperationCanceledException">The client is gone, or the request's time is over.</exception>
    IAsyncEnumerable<PredictionStep> StreamAsync(string text, CancellationToken cancellationToken);
}
