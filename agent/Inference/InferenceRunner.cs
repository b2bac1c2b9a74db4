using Agent.Faults;
using Agent.Models;
using Agent.Requests;

namespace Agent.Inference;

/// <summary>Admits requests to the model, within the limits on concurrency and time.</summary>
internal sealed class InferenceRunner(
    InferenceOptions options, ModelSlot models, FaultInjector faults, InferenceMetrics metrics, TimeProvider time)
{
    private volatile InferenceLimits _limits = new(options);

    /// <summary>The current limits.</summary>
    public InferenceOptions Limits => _limits.Options;

    /// <remarks>Requests in progress keep the old gate, so until they complete the old and the new limit apply side by side.</remarks>
    public Action PrepareReload(InferenceOptions next)
    {
        var limits = new InferenceLimits(next);
        return () => _limits = limits;
    }

    /// <summary>Predicts the text's class with the current model.</summary>
    /// <exception cref="FailedRequestException">The queue is full (503) or the request timed out (504).</exception>
    /// <exception cref="OperationCanceledException">The client disconnected.</exception>
    public ValueTask<Prediction> PredictLabelAsync(HttpContext context, RequestRecord record, string text)
    {
        var gate = _limits.Gate;
        var model = models.Current;
        if (!model.CompletesSynchronously || faults.IsEnabled || !gate.TryTakeSlot())
        {
            return QueuePredictionAsync(context, text);
        }

        // The fast path: no wait and no timeout, so no cancellation source is allocated.
        metrics.IncrementInFlight();
        try
        {
            record.Model = model.Name;
            return model.PredictLabelAsync(text, CancellationToken.None);
        }
        finally
        {
            gate.ReleaseSlot();
            metrics.DecrementInFlight();
        }
    }

    /// <summary>Runs <paramref name="work"/> with the current model after the request was admitted.</summary>
    /// <exception cref="FailedRequestException">The queue is full (503) or the request timed out (504).</exception>
    /// <exception cref="OperationCanceledException">The client disconnected.</exception>
    public async ValueTask<T> RunAdmittedAsync<T>(HttpContext context, Func<ITextModel, CancellationToken, ValueTask<T>> work)
    {
        var limits = _limits;
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(limits.Options.TimeoutSeconds), time);
        using var disconnect = context.RequestAborted.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), stop);
        metrics.IncrementInFlight();
        try
        {
            if (!await limits.Gate.WaitForSlotAsync(stop.Token))
            {
                throw FailedRequestException.CreateOverloaded();
            }

            try
            {
                var model = models.Current;
                RequestRecord.GetFrom(context).Model = model.Name;
                await faults.InjectFaultsAsync(stop.Token);
                return await work(model, stop.Token);
            }
            finally
            {
                limits.Gate.ReleaseSlot();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw FailedRequestException.CreateTimeout(limits.Options.TimeoutSeconds);
        }
        finally
        {
            metrics.DecrementInFlight();
        }
    }

    private ValueTask<Prediction> QueuePredictionAsync(HttpContext context, string text) =>
        RunAdmittedAsync(context, (model, cancellationToken) => model.PredictLabelAsync(text, cancellationToken));
}
