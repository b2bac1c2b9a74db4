using Agent.Requests;
using Agent.Validation;

namespace Agent.Inference;

/// <summary><c>POST /inference</c>.</summary>
internal static class InferenceEndpoints
{
    public static void MapInference(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/inference", InferAsync);
    }

    private static async Task InferAsync(
        HttpContext context, InferenceRunner runner, TimeProvider time)
    {
        var record = RequestRecord.Of(context);
        record.BeginInference("inference");

        using var body = await RequestBody.ReadAsync(context);
        var text = body.RequiredText("text", runner.Limits.MaxTextChars);
        body.NothingBut("text");
        if (body.Errors.Any)
        {
            await body.Errors.WriteAsync(context);
            return;
        }

        record.Text = text;
        record.TextChars = RequestBody.CodePoints(text);
        var prediction = await runner.RunAsync(context, (model, cancellationToken) => model.PredictAsync(text, cancellationToken));
        record.Prediction = prediction.Label;

        var response = new InferenceResponse(
            prediction.Label, Rounded(prediction.Score), record.Model!, record.RequestId,
            Math.Round(time.GetElapsedTime(record.StartedAt).TotalMilliseconds, 3));
        await JsonAnswer.WriteAsync(context, response, AgentJson.Default.InferenceResponse);
    }

    private static double? Rounded(double? score) => score is { } value ? Math.Round(value, 4) : null;
}
