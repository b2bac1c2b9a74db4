using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Agent.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Agent.Tests.Support;

/// <summary>A model that answers when the test says so.</summary>
internal sealed class StubModel(string name = "stub") : ITextModel
{
    private readonly ConcurrentQueue<TaskCompletionSource<Prediction>> _waiting = new();
    private int _entered;
    private int _cancelled;

    public string Name => name;

    /// <summary>How many requests have reached the model.</summary>
    public int Entered => Volatile.Read(ref _entered);

    /// <summary>How many were told to give up.</summary>
    public int Cancelled => Volatile.Read(ref _cancelled);

    public static StubModel PutInto(RunningAgent agent)
    {
        var model = new StubModel();
        agent.Services.GetRequiredService<ModelSlot>().Swap(model);
        return model;
    }

    public async ValueTask<Prediction> PredictAsync(string text, CancellationToken cancellationToken)
    {
        var waiting = new TaskCompletionSource<Prediction>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(waiting);
        Interlocked.Increment(ref _entered);
        try
        {
            return await waiting.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _cancelled);
            throw;
        }
    }

    public async IAsyncEnumerable<PredictionStep> StreamAsync(string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var word in text.Split(' '))
        {
            yield return new PredictionStep(word, await PredictAsync(word, cancellationToken));
        }
    }

    /// <summary>Lets the oldest waiting request have its answer.</summary>
    public void Release(string label = "positive")
    {
        Assert.True(_waiting.TryDequeue(out var waiting), "nobody waits");
        waiting.TrySetResult(new Prediction(label, 0.75));
    }

    /// <summary>Lets the oldest waiting request fail.</summary>
    public void Break(Exception exception)
    {
        Assert.True(_waiting.TryDequeue(out var waiting), "nobody waits");
        waiting.TrySetException(exception);
    }

    public Task EnteredAsync(int count) => Eventually.IsTrueAsync(() => Entered >= count, $"{count} requests have reached the model");
}
