using Agent.Models;
using Agent.Requests;
using Agent.Validation;

namespace Agent.Inference;

/// <summary>The mood of one text, of many, and step by step.</summary>
internal static class InferenceEndpoints
{
    public static void MapInference(this IEndpointRouteBuilder routes)
    {
        // By hand, since a handler with parameters costs a scope of services for each request.
        var parts = new Lazy<(InferenceRunner Runner, TimeProvider Time)>(() => (
            routes.ServiceProvider.GetRequiredService<InferenceRunner>(), routes.ServiceProvider.GetRequiredService<TimeProvider>()));
        routes.MapPost("/inference", context => InferAsync(context, parts.Value.Runner, parts.Value.Time));
        routes.MapPost("/inference/batch", InferBatchAsync);
        routes.MapPost("/inference/stream", InferStreamAsync);
    }

    internal static double? Rounded(double? score) => score is { } value ? Math.Round(value, 4) : null;

    private static async Task InferAsync(HttpContext context, InferenceRunner runner, TimeProvider time)
    {
        var record = RequestRecord.Of(context);
        record.BeginInference("inference");
        if (await ReadTextAsync(context, record, runner.Limits) is not { } text)
        {
            return;
        }

        var prediction = await runner.PredictAsync(context, record, text);
        record.Prediction = prediction.Label;
        await JsonAnswer.WriteAsync(
            context,
            new InferenceResponse(prediction.Label, Rounded(prediction.Score), record.Model!, record.RequestId, LatencyOf(record, time)),
            AgentJson.Default.InferenceResponse);
    }

    private static async Task InferBatchAsync(HttpContext context, InferenceRunner runner, TimeProvider time)
    {
        var record = RequestRecord.Of(context);
        record.BeginInference("inference_batch");
        IReadOnlyList<string> texts;
        using (var body = await RequestBody.ReadAsync(context))
        {
            texts = body.RequiredTexts("texts", runner.Limits.MaxBatchTexts, runner.Limits.MaxTextChars);
            body.NothingBut("texts");
            if (body.Errors.Any)
            {
                await body.Errors.WriteAsync(context);
                return;
            }
        }

        record.TextChars = texts.Sum(RequestBody.CodePoints);
        var predictions = await runner.RunAsync(
            context,
            async (model, cancellationToken) =>
            {
                var answers = new List<BatchPrediction>(texts.Count);
                foreach (var text in texts)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var prediction = await model.PredictAsync(text, cancellationToken);
                    answers.Add(new BatchPrediction(prediction.Label, Rounded(prediction.Score)));
                }

                return answers;
            });
        await JsonAnswer.WriteAsync(
            context,
            new BatchResponse(predictions, record.Model!, record.RequestId, LatencyOf(record, time)),
            AgentJson.Default.BatchResponse);
    }

    private static async Task InferStreamAsync(HttpContext context, InferenceRunner runner)
    {
        var record = RequestRecord.Of(context);
        record.BeginInference("inference_stream");
        if (await ReadTextAsync(context, record, runner.Limits) is not { } text)
        {
            return;
        }

        var events = new EventStream(context);
        try
        {
            record.Prediction = await runner.RunAsync(
                context, (model, cancellationToken) => StreamAsync(events, record, model, text, cancellationToken));
            await events.DoneAsync();
        }
        catch (FailedRequestException e) when (context.Response.HasStarted)
        {
            // Its status has gone out as a good one, so the failure is told in the stream, which then ends without [DONE].
            record.FailedLate = true;
            await events.ErrorAsync(e.Message);
        }
    }

    private static async ValueTask<string?> StreamAsync(
        EventStream events, RequestRecord record, ITextModel model, string text, CancellationToken cancellationToken)
    {
        string? label = null;
        await foreach (var step in model.StreamAsync(text, cancellationToken))
        {
            label = step.Prediction?.Label;
            await events.SendAsync(
                new StreamEvent(step.Token, label, Rounded(step.Prediction?.Score), model.Name, record.RequestId), cancellationToken);
        }

        return label;
    }

    /// <returns>Null when the body did not fit, which the client has been told then.</returns>
    private static async ValueTask<string?> ReadTextAsync(HttpContext context, RequestRecord record, InferenceOptions limits)
    {
        using var body = await RequestBody.ReadAsync(context);
        var text = body.RequiredText("text", limits.MaxTextChars);
        body.NothingBut("text");
        if (body.Errors.Any)
        {
            await body.Errors.WriteAsync(context);
            return null;
        }

        record.Text = text;
        record.TextChars = RequestBody.CodePoints(text);
        return text;
    }

    private static double LatencyOf(RequestRecord record, TimeProvider time) =>
        Math.Round(time.GetElapsedTime(record.StartedAt).TotalMilliseconds, 3);
}
