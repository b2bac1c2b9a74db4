using System.Text.Json;
using Agent.Inference;
using Agent.Requests;
using Agent.Validation;

namespace Agent.OpenInference;

/// <summary>An inference request of the Open Inference Protocol.</summary>
/// <param name="Id">The client's id, returned in the response; null if it sent none.</param>
/// <param name="Texts">The tensor's texts.</param>
/// <param name="Shape">The tensor's shape, which is also the shape of the outputs.</param>
/// <param name="Outputs">The requested outputs; null for all.</param>
internal sealed record OpenInferenceRequest(
    string? Id, IReadOnlyList<string> Texts, IReadOnlyList<int> Shape, IReadOnlyList<string>? Outputs)
{
    public bool IncludesOutput(string output) => Outputs is null || Outputs.Contains(output);

    /// <exception cref="FailedRequestException">The request is invalid; the message has the reason.</exception>
    public static async ValueTask<OpenInferenceRequest> ReadRequestAsync(HttpContext context, InferenceOptions limits)
    {
        using var body = await RequestBody.ReadBodyAsync(context);
        if (body.Root is not { } root)
        {
            throw CreateRejection("The body must be a JSON object");
        }

        try
        {
            var (texts, shape) = ReadInput(root, limits);
            return new OpenInferenceRequest(
                root.TryGetProperty("id", out var id) ? id.GetString() : null, texts, shape, ReadOutputs(root));
        }
        catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw CreateRejection("A field is missing or has the wrong type; see the inference request in the protocol's specification");
        }
    }

    private static (IReadOnlyList<string> Texts, IReadOnlyList<int> Shape) ReadInput(JsonElement root, InferenceOptions limits)
    {
        var inputs = root.GetProperty("inputs");
        if (inputs.GetArrayLength() != 1)
        {
            throw CreateRejection("The request must have exactly one input, 'text'");
        }

        var input = inputs[0];
        if (input.GetProperty("name").GetString() is var name && name != "text")
        {
            throw CreateRejection($"Input '{name}' does not exist; the input is 'text'");
        }

        if (input.GetProperty("datatype").GetString() is var type && type != "BYTES")
        {
            throw CreateRejection($"The input's datatype is '{type}', but must be BYTES");
        }

        var texts = new List<string>();
        FlattenData(input.GetProperty("data"), texts, limits);
        var shape = input.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt32()).ToList();
        if (shape.Count == 0 || shape.Any(dimension => dimension < 0) || shape.Aggregate(1L, (product, d) => product * d) != texts.Count)
        {
            throw CreateRejection($"The shape does not match the {texts.Count} texts in the data");
        }

        return (texts, shape);
    }

    /// <summary>The protocol allows data that is nested like the shape, or flat.</summary>
    private static void FlattenData(JsonElement data, List<string> texts, InferenceOptions limits)
    {
        foreach (var item in data.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                FlattenData(item, texts, limits);
                continue;
            }

            var text = item.GetString() ?? throw new FormatException();
            if (texts.Count == limits.MaxBatchTexts)
            {
                throw CreateRejection($"A request may have at most {limits.MaxBatchTexts} texts");
            }

            if (text.Length > limits.MaxTextChars && CodePoints.CountCodePoints(text) > limits.MaxTextChars)
            {
                throw CreateRejection($"A text may have at most {limits.MaxTextChars} characters");
            }

            texts.Add(text);
        }
    }

    private static List<string>? ReadOutputs(JsonElement root)
    {
        if (!root.TryGetProperty("outputs", out var outputs))
        {
            return null;
        }

        var names = outputs.EnumerateArray().Select(output => output.GetProperty("name").GetString() ?? "").ToList();
        return names.Find(name => name is not ("label" or "score")) is { } unknown
            ? throw CreateRejection($"Output '{unknown}' does not exist; the outputs are 'label' and 'score'")
            : names;
    }

    private static FailedRequestException CreateRejection(string reason) => new(StatusCodes.Status400BadRequest, reason);
}
