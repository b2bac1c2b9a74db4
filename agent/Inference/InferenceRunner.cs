using Agent.Faults;
using Agent.Models;
using Agent.Requests;

namespace Agent.Inference;

/// <summary>Gives a request its turn at the model, within the bounds on concurrency and time.</summary>
internal sealed class InferenceRunner(AgentOptions options, ModelSlot models, FaultInjector faults, InferenceMetrics metrics, TimeProvider time)
    : IReloadParticipant<AgentOptions>
{
    private volatile InferenceLimits _limits = new(options.Inference);

    public IReadOnlyCollection<string> Keys { get; } = ["Inference"];

    public InferenceOptions Limits => _limits.Options;

    /// <remarks>Requests under way keep the old gate, so for their rest the old bounds and the new ones hold side by side.</remarks>
    public ValueTask<Action> PrepareAsync(AgentOptions next, CancellationToken cancellationToken)
    {
        var limits = new InferenceLimits(next.Inference);
        return ValueTask.FromResult(() => { _limits = limits; });
    }

    /// <summary>Asks the model in force for the text's class when the request's turn comes.</summary>
    /// <exception cref="FailedRequestException">Overloaded (503) or out of time (504).</exception>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public ValueTask<Prediction> PredictAsync(HttpContext context, RequestRecord record, string text)
    {
        var gate = _limits.Gate;
        var model = models.Current;
        if (!model.AnswersAtOnce || faults.Enabled || !gate.TryEnter())
        {
            return PredictInTurnAsync(context, text);
        }

        metrics.Entered();
        try
        {
            record.Model = model.Name;
            return model.PredictAsync(text, CancellationToken.None);
        }
        finally
        {
            gate.Leave();
            metrics.Left();
        }
    }

    /// <summary>Runs <paramref name="work"/> on the model in force when its turn comes.</summary>
    /// <exception cref="FailedRequestException">Overloaded (503) or out of time (504).</exception>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public async ValueTask<T> RunAsync<T>(HttpContext context, Func<ITextModel, CancellationToken, ValueTask<T>> work)
    {
        var limits = _limits;
        using var turn = new CancellationTokenSource(TimeSpan.FromSeconds(limits.Options.TimeoutSeconds), time);
        using var clientGone = context.RequestAborted.UnsafeRegister(static turn => ((CancellationTokenSource)turn!).Cancel(), turn);
        metrics.Entered();
        try
        {
            if (!await limits.Gate.EnterAsync(turn.Token))
            {
                throw FailedRequestException.Overloaded();
            }

            try
            {
                var model = models.Current;
                RequestRecord.Of(context).Model = model.Name;
                await faults.BeforeInferenceAsync(turn.Token);
                return await work(model, turn.Token);
            }
            finally
            {
                limits.Gate.Leave();
            }
        }
        catch (OperationCanceledException) when (turn.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw FailedRequestException.OutOfTime(limits.Options.TimeoutSeconds);
        }
        finally
        {
            metrics.Left();
        }
    }

    private ValueTask<Prediction> PredictInTurnAsync(HttpContext context, string text) =>
        RunAsync(context, (model, cancellationToken) => model.PredictAsync(text, cancellationToken));
}
