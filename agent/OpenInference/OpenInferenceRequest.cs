using System.Text.Json;
using Agent.Inference;
using Agent.Requests;
using Agent.Validation;

namespace Agent.OpenInference;

/// <summary>A request to infer in the Open Inference Protocol.</summary>
/// <param name="Id">The client's own name for it, to be given back.</param>
/// <param name="Texts">The tensor's texts.</param>
/// <param name="Shape">The tensor's shape, which the outputs take over.</param>
/// <param name="Outputs">The outputs asked for; null for all.</param>
internal sealed record OpenInferenceRequest(
    string? Id, IReadOnlyList<string> Texts, IReadOnlyList<int> Shape, IReadOnlyList<string>? Outputs)
{
    public bool Wants(string output) => Outputs is null || Outputs.Contains(output);

    /// <exception cref="FailedRequestException">The request does not fit; says how.</exception>
    public static async ValueTask<OpenInferenceRequest> ReadAsync(HttpContext context, InferenceOptions limits)
    {
        using var body = await RequestBody.ReadAsync(context);
        if (body.Root is not { } root)
        {
            throw Refused("the body must be a JSON object");
        }

        try
        {
            var (texts, shape) = ReadInput(root, limits);
            return new OpenInferenceRequest(
                root.TryGetProperty("id", out var id) ? id.GetString() : null, texts, shape, ReadOutputs(root));
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Refused("a field is missing or of the wrong type; see the protocol's inference request");
        }
    }

    private static (IReadOnlyList<string> Texts, IReadOnlyList<int> Shape) ReadInput(JsonElement root, InferenceOptions limits)
    {
        var inputs = root.GetProperty("inputs");
        if (inputs.GetArrayLength() != 1)
        {
            throw Refused("exactly one input is expected: 'text'");
        }

        var input = inputs[0];
        if (input.GetProperty("name").GetString() is var name && name != "text")
        {
            throw Refused($"there is no input '{name}'; the input is 'text'");
        }

        if (input.GetProperty("datatype").GetString() is var type && type != "BYTES")
        {
            throw Refused($"the input's datatype is '{type}', it must be BYTES");
        }

        var texts = new List<string>();
        Flatten(input.GetProperty("data"), texts, limits);
        var shape = input.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt32()).ToList();
        if (shape.Count == 0 || shape.Any(dimension => dimension < 0) || shape.Aggregate(1L, (product, d) => product * d) != texts.Count)
        {
            throw Refused($"the shape does not fit the {texts.Count} texts of the data");
        }

        return (texts, shape);
    }

    /// <summary>Data may be nested as the shape is, or flat.</summary>
    private static void Flatten(JsonElement data, List<string> texts, InferenceOptions limits)
    {
        foreach (var item in data.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                Flatten(item, texts, limits);
                continue;
            }

            var text = item.GetString() ?? throw new FormatException();
            if (texts.Count == limits.MaxBatchTexts)
            {
                throw Refused($"at most {limits.MaxBatchTexts} texts are taken at a time");
            }

            if (text.Length > limits.MaxTextChars && RequestBody.CodePoints(text) > limits.MaxTextChars)
            {
                throw Refused($"a text may have {limits.MaxTextChars} characters");
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
            ? throw Refused($"there is no output '{unknown}'; there are 'label' and 'score'")
            : names;
    }

    private static FailedRequestException Refused(string why) => new(StatusCodes.Status400BadRequest, why);
}
