using Agent.Models;
using Agent.Requests;
using Agent.Validation;

namespace Agent.Inference;

/// <summary>Classifies one text, a batch of texts, or one text as a stream of steps.</summary>
internal static class InferenceEndpoints
{
    public static void MapInference(this IEndpointRouteBuilder routes)
    {
        // Resolved once by hand: a handler with injected parameters creates a service scope for each request.
        var services = new Lazy<(InferenceRunner Runner, TimeProvider Time)>(() => (
            routes.ServiceProvider.GetRequiredService<InferenceRunner>(), routes.ServiceProvider.GetRequiredService<TimeProvider>()));
        routes.MapPost("/inference", context => InferTextAsync(context, services.Value.Runner, services.Value.Time));
        routes.MapPost("/inference/batch", InferBatchAsync);
        routes.MapPost("/inference/stream", InferStreamAsync);
    }

    private static async Task InferTextAsync(HttpContext context, InferenceRunner runner, TimeProvider time)
    {
        var record = RequestRecord.GetFrom(context);
        record.MarkAsInference("inference");
        if (await ReadTextAsync(context, record, runner.Limits) is not { } text)
        {
            return;
        }

        var prediction = await runner.PredictLabelAsync(context, record, text);
        record.Prediction = prediction.Label;
        await JsonResponse.WriteJsonAsync(
            context,
            new InferenceResponse(
                prediction.Label, RoundScore(prediction.Score), record.Model!, record.RequestId, MeasureLatency(record, time)),
            InferenceJson.Default.InferenceResponse);
    }

    private static async Task InferBatchAsync(HttpContext context, InferenceRunner runner, TimeProvider time)
    {
        var record = RequestRecord.GetFrom(context);
        record.MarkAsInference("inference_batch");
        IReadOnlyList<string> texts;
        using (var body = await RequestBody.ReadBodyAsync(context))
        {
            var fields = body.Fields;
            texts = fields.ReadTexts("texts", runner.Limits.MaxBatchTexts, runner.Limits.MaxTextChars);
            fields.RejectOtherFields("texts");
            if (body.Errors.Any)
            {
                await body.Errors.WriteErrorsAsync(context);
                return;
            }
        }

        record.TextChars = texts.Sum(CodePoints.CountCodePoints);
        var predictions = await runner.RunAdmittedAsync(
            context,
            async (model, cancellationToken) =>
            {
                var results = new List<BatchPrediction>(texts.Count);
                foreach (var text in texts)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var prediction = await model.PredictLabelAsync(text, cancellationToken);
                    results.Add(new BatchPrediction(prediction.Label, RoundScore(prediction.Score)));
                }

                return results;
            });
        await JsonResponse.WriteJsonAsync(
            context,
            new BatchResponse(predictions, record.Model!, record.RequestId, MeasureLatency(record, time)),
            InferenceJson.Default.BatchResponse);
    }

    private static async Task InferStreamAsync(HttpContext context, InferenceRunner runner)
    {
        var record = RequestRecord.GetFrom(context);
        record.MarkAsInference("inference_stream");
        if (await ReadTextAsync(context, record, runner.Limits) is not { } text)
        {
            return;
        }

        var events = new EventStream(context);
        try
        {
            record.Prediction = await runner.RunAdmittedAsync(
                context, (model, cancellationToken) => SendStepsAsync(events, record, model, text, cancellationToken));
            await events.SendEndMarkAsync();
        }
        catch (FailedRequestException exception) when (context.Response.HasStarted)
        {
            // The success status is already sent, so the failure becomes an event and the end mark is omitted.
            record.FailedAfterStart = true;
            await events.SendErrorAsync(exception.Message);
        }
    }

    private static async ValueTask<string?> SendStepsAsync(
        EventStream events, RequestRecord record, ITextModel model, string text, CancellationToken cancellationToken)
    {
        string? label = null;
        await foreach (var step in model.StreamPredictionsAsync(text, cancellationToken))
        {
            label = step.Prediction?.Label;
            await events.SendEventAsync(
                new StreamEvent(step.Token, label, RoundScore(step.Prediction?.Score), model.Name, record.RequestId), cancellationToken);
        }

        return label;
    }

    /// <returns>Null if the body is invalid; then the error response is already sent.</returns>
    private static async ValueTask<string?> ReadTextAsync(HttpContext context, RequestRecord record, InferenceOptions limits)
    {
        using var body = await RequestBody.ReadBodyAsync(context);
        var fields = body.Fields;
        var text = fields.ReadText("text", limits.MaxTextChars);
        fields.RejectOtherFields("text");
        if (body.Errors.Any)
        {
            await body.Errors.WriteErrorsAsync(context);
            return null;
        }

        record.Text = text;
        record.TextChars = CodePoints.CountCodePoints(text);
        return text;
    }

    private static double? RoundScore(double? score) => score is { } value ? Math.Round(value, 4) : null;

    private static double MeasureLatency(RequestRecord record, TimeProvider time) =>
        Math.Round(time.GetElapsedTime(record.StartedAt).TotalMilliseconds, 3);
}
