using System.Text.Json;
using Agent.Inference;
using Agent.Models;
using Agent.Requests;

namespace Agent.OpenInference;

/// <summary>
/// The Open Inference Protocol's HTTP side, known from KServe as V2
/// (https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md).
/// The model takes one BYTES tensor of texts, <c>text</c>, and gives <c>label</c> (BYTES) and <c>score</c> (FP64).
/// </summary>
internal static class OpenInferenceEndpoints
{
    /// <summary>The only version of a model that is ever served: a swap replaces it.</summary>
    private const string Version = "1";

    public static void MapOpenInference(this IEndpointRouteBuilder routes)
    {
        var v2 = routes.MapGroup("/v2");
        v2.MapGet("", DescribeServer);
        v2.MapGet("/health/live", Live);
        v2.MapGet("/health/ready", Ready);
        v2.MapGet("/models/{name}", DescribeModel);
        v2.MapGet("/models/{name}/ready", ModelReady);
        v2.MapPost("/models/{name}/infer", InferAsync);
        v2.MapGet("/models/{name}/versions/{version}", DescribeModel);
        v2.MapGet("/models/{name}/versions/{version}/ready", ModelReady);
        v2.MapPost("/models/{name}/versions/{version}/infer", InferAsync);
    }

    private static Task DescribeServer(HttpContext context, ProcessIdentity process) => JsonAnswer.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("name", process.Name);
        json.WriteString("version", process.Version);
        json.WriteStartArray("extensions");
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static Task Live(HttpContext context, Liveness liveness) => AnswerFlag(context, "live", liveness.Failure is null);

    private static Task Ready(HttpContext context, Readiness readiness) =>
        AnswerFlag(context, "ready", readiness.NotReadyBecause.Count == 0);

    private static Task DescribeModel(HttpContext context, string name, ModelSlot models, string version = Version)
    {
        Known(models, name, version);
        return JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteStartArray("versions");
            json.WriteStringValue(Version);
            json.WriteEndArray();
            json.WriteString("platform", "agent");
            json.WriteStartArray("inputs");
            WriteTensor(json, "text", "BYTES");
            json.WriteEndArray();
            json.WriteStartArray("outputs");
            WriteTensor(json, "label", "BYTES");
            WriteTensor(json, "score", "FP64");
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static Task ModelReady(HttpContext context, string name, ModelSlot models, string version = Version)
    {
        Known(models, name, version);
        return JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteBoolean("ready", true);
            json.WriteEndObject();
        });
    }

    private static async Task InferAsync(
        HttpContext context, string name, InferenceRunner runner, ModelSlot models, string version = Version)
    {
        var record = RequestRecord.Of(context);
        record.BeginInference("inference_v2");
        Known(models, name, version);
        var request = await OpenInferenceRequest.ReadAsync(context, runner.Limits);
        record.TextChars = request.Texts.Sum(Validation.RequestBody.CodePoints);
        var predictions = await runner.RunAsync(
            context,
            async (model, cancellationToken) =>
            {
                var answers = new List<Prediction>(request.Texts.Count);
                foreach (var text in request.Texts)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    answers.Add(await model.PredictAsync(text, cancellationToken));
                }

                return answers;
            });
        record.Prediction = predictions.Count == 1 ? predictions[0].Label : null;
        await JsonAnswer.WriteAsync(context, json => WriteAnswer(json, request, record, predictions));
    }

    private static void WriteAnswer(
        Utf8JsonWriter json, OpenInferenceRequest request, RequestRecord record, List<Prediction> predictions)
    {
        json.WriteStartObject();
        json.WriteString("model_name", record.Model);
        json.WriteString("model_version", Version);
        json.WriteString("id", request.Id ?? record.RequestId);
        json.WriteStartArray("outputs");
        if (request.Wants("label"))
        {
            WriteOutput(json, "label", "BYTES", request.Shape, predictions, (output, p) => output.WriteStringValue(p.Label));
        }

        if (request.Wants("score"))
        {
            // A tensor has no null: a model that does not say is taken at its word.
            WriteOutput(json, "score", "FP64", request.Shape, predictions, (output, p) => output.WriteNumberValue(Math.Round(p.Score ?? 1, 4)));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOutput(
        Utf8JsonWriter json, string name, string type, IReadOnlyList<int> shape, List<Prediction> predictions,
        Action<Utf8JsonWriter, Prediction> write)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("datatype", type);
        json.WriteStartArray("shape");
        foreach (var dimension in shape)
        {
            json.WriteNumberValue(dimension);
        }

        json.WriteEndArray();
        json.WriteStartArray("data");
        foreach (var prediction in predictions)
        {
            write(json, prediction);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter json, string name, string type)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("datatype", type);
        json.WriteStartArray("shape");
        json.WriteNumberValue(-1);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static Task AnswerFlag(HttpContext context, string name, bool value)
    {
        context.Response.StatusCode = value ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean(name, value);
            json.WriteEndObject();
        });
    }

    private static void Known(ModelSlot models, string name, string version)
    {
        if (name != models.Current.Name || version != Version)
        {
            throw new FailedRequestException(
                StatusCodes.Status404NotFound,
                $"There is no model '{name}' in version {version} here; there is '{models.Current.Name}' in version {Version}");
        }
    }
}
