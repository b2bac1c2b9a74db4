using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Agent.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Agent.Tests.Support;

/// <summary>A model whose predictions complete when the test decides.</summary>
internal sealed class StubModel : ITextModel
{
    private readonly ConcurrentQueue<TaskCompletionSource<Prediction>> _pending = new();
    private int _started;
    private int _canceled;

    public string Name => "stub";

    /// <summary>Number of predictions that were requested.</summary>
    public int Started => Volatile.Read(ref _started);

    /// <summary>Number of predictions that were canceled.</summary>
    public int Canceled => Volatile.Read(ref _canceled);

    public static StubModel InstallInto(RunningAgent agent)
    {
        var model = new StubModel();
        agent.Services.GetRequiredService<ModelSlot>().SwapModel(model);
        return model;
    }

    public async ValueTask<Prediction> PredictLabelAsync(string text, CancellationToken cancellationToken)
    {
        var prediction = new TaskCompletionSource<Prediction>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending.Enqueue(prediction);
        Interlocked.Increment(ref _started);
        try
        {
            return await prediction.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _canceled);
            throw;
        }
    }

    public async IAsyncEnumerable<PredictionStep> StreamPredictionsAsync(
        string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var word in text.Split(' '))
        {
            yield return new PredictionStep(word, await PredictLabelAsync(word, cancellationToken));
        }
    }

    /// <summary>Completes the oldest pending prediction.</summary>
    public void CompleteOldest(string label = "positive") => TakeOldest().TrySetResult(new Prediction(label, 0.75));

    /// <summary>Fails the oldest pending prediction.</summary>
    public void FailOldest(Exception exception) => TakeOldest().TrySetException(exception);

    public Task WaitForStartsAsync(int count) => Eventually.AssertAsync(() => Started >= count, $"{count} predictions are requested");

    private TaskCompletionSource<Prediction> TakeOldest()
    {
        Assert.True(_pending.TryDequeue(out var prediction), "no prediction is pending");
        return prediction;
    }
}
