using System.Text.Json;
using Agent.Inference;
using Agent.Models;
using Agent.Requests;
using Agent.Validation;

namespace Agent.OpenInference;

/// <summary>
/// The HTTP endpoints of the Open Inference Protocol, known as V2 in KServe
/// (https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md).
/// The model's input is one BYTES tensor of texts, <c>text</c>; its outputs are <c>label</c> (BYTES) and <c>score</c> (FP64).
/// </summary>
internal static class OpenInferenceEndpoints
{
    /// <summary>Every model has a single version, because a reload replaces the model.</summary>
    private const string Version = "1";

    public static void MapOpenInference(this IEndpointRouteBuilder routes)
    {
        var v2 = routes.MapGroup("/v2");
        v2.MapGet("", SendServerMetadata);
        v2.MapGet("/health/live", SendLiveness);
        v2.MapGet("/health/ready", SendReadiness);
        v2.MapGet("/models/{name}", SendModelMetadata);
        v2.MapGet("/models/{name}/ready", SendModelReadiness);
        v2.MapPost("/models/{name}/infer", InferTensorAsync);
        v2.MapGet("/models/{name}/versions/{version}", SendModelMetadata);
        v2.MapGet("/models/{name}/versions/{version}/ready", SendModelReadiness);
        v2.MapPost("/models/{name}/versions/{version}/infer", InferTensorAsync);
    }

    private static Task SendServerMetadata(HttpContext context, ProcessIdentity process) => JsonResponse.WriteJsonAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("name", process.Name);
        json.WriteString("version", process.Version);
        json.WriteStartArray("extensions");
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static Task SendLiveness(HttpContext context, Liveness liveness) => SendFlag(context, "live", liveness.Failure is null);

    private static Task SendReadiness(HttpContext context, Readiness readiness) =>
        SendFlag(context, "ready", readiness.NotReadyBecause.Count == 0);

    private static Task SendModelMetadata(HttpContext context, string name, ModelSlot models, string version = Version)
    {
        RequireModel(models, name, version);
        return JsonResponse.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteStartArray("versions");
            json.WriteStringValue(Version);
            json.WriteEndArray();
            json.WriteString("platform", "agent");
            json.WriteStartArray("inputs");
            WriteTensorMetadata(json, "text", "BYTES");
            json.WriteEndArray();
            json.WriteStartArray("outputs");
            WriteTensorMetadata(json, "label", "BYTES");
            WriteTensorMetadata(json, "score", "FP64");
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static Task SendModelReadiness(HttpContext context, string name, ModelSlot models, string version = Version)
    {
        RequireModel(models, name, version);
        return JsonResponse.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteBoolean("ready", true);
            json.WriteEndObject();
        });
    }

    private static async Task InferTensorAsync(
        HttpContext context, string name, InferenceRunner runner, ModelSlot models, string version = Version)
    {
        var record = RequestRecord.GetFrom(context);
        record.MarkAsInference("inference_v2");
        RequireModel(models, name, version);
        var request = await OpenInferenceRequest.ReadRequestAsync(context, runner.Limits);
        record.TextChars = request.Texts.Sum(CodePoints.CountCodePoints);
        var predictions = await runner.RunAdmittedAsync(
            context,
            async (model, cancellationToken) =>
            {
                var results = new List<Prediction>(request.Texts.Count);
                foreach (var text in request.Texts)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    results.Add(await model.PredictLabelAsync(text, cancellationToken));
                }

                return results;
            });
        record.Prediction = predictions.Count == 1 ? predictions[0].Label : null;
        await JsonResponse.WriteJsonAsync(context, json => WriteResponse(json, request, record, predictions));
    }

    private static void WriteResponse(
        Utf8JsonWriter json, OpenInferenceRequest request, RequestRecord record, List<Prediction> predictions)
    {
        json.WriteStartObject();
        json.WriteString("model_name", record.Model);
        json.WriteString("model_version", Version);
        json.WriteString("id", request.Id ?? record.RequestId);
        json.WriteStartArray("outputs");
        if (request.IncludesOutput("label"))
        {
            WriteOutputTensor(json, "label", "BYTES", request.Shape, predictions, (output, p) => output.WriteStringValue(p.Label));
        }

        if (request.IncludesOutput("score"))
        {
            // A tensor cannot contain null, so a prediction without a score is reported with certainty 1.
            WriteOutputTensor(
                json, "score", "FP64", request.Shape, predictions,
                (output, p) => output.WriteNumberValue(Math.Round(p.Score ?? 1, 4)));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOutputTensor(
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

    private static void WriteTensorMetadata(Utf8JsonWriter json, string name, string type)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("datatype", type);
        json.WriteStartArray("shape");
        json.WriteNumberValue(-1);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static Task SendFlag(HttpContext context, string name, bool value)
    {
        context.Response.StatusCode = value ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return JsonResponse.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean(name, value);
            json.WriteEndObject();
        });
    }

    private static void RequireModel(ModelSlot models, string name, string version)
    {
        if (name != models.Current.Name || version != Version)
        {
            throw new FailedRequestException(
                StatusCodes.Status404NotFound,
                $"Model '{name}' version {version} does not exist; the available model is '{models.Current.Name}' version {Version}");
        }
    }
}
