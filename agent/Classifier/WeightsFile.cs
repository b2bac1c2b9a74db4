using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Agent.Classifier;

/// <summary>
/// A model as a JSON file. The weights are signed bytes in base64, bucket by bucket, to be multiplied by <see cref="Scale"/>:
/// a quarter of the size of floating-point numbers, with the same predictions.
/// </summary>
internal sealed record WeightsFile
{
    /// <summary>Bounds the memory that a wrong path can use.</summary>
    public const int MaxFileBytes = 64 * 1024 * 1024;

    private const string CurrentFormat = "linear-text/1";
    private const string BuiltInResource = "Agent.Classifier.Data.sentiment.json";

    private static readonly WeightsFileJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    });

    public required string Format { get; init; }

    public required string Name { get; init; }

    /// <summary>
    /// <see cref="TextFeatures.Version"/> during training: weights are valid only for the features that they were trained on.
    /// </summary>
    public required int Features { get; init; }

    public required string[] Labels { get; init; }

    public TrainingRecord? Training { get; init; }

    public Evaluation? Evaluation { get; init; }

    public required double[] Bias { get; init; }

    public required double Scale { get; init; }

    public required byte[] Weights { get; init; }

    public static WeightsFile QuantizeWeights(string name, string[] labels, double[] bias, double[] weights)
    {
        var scale = Math.Max(weights.Max(Math.Abs), 1e-9) / sbyte.MaxValue;
        return new WeightsFile
        {
            Format = CurrentFormat,
            Name = name,
            Features = TextFeatures.Version,
            Labels = labels,
            Bias = [.. bias.Select(value => Math.Round(value, 6))],
            Scale = scale,
            Weights = [.. weights.Select(weight => unchecked((byte)(sbyte)Math.Round(weight / scale)))],
        };
    }

    /// <summary>Loads the weights that are embedded in the program.</summary>
    public static WeightsFile LoadBuiltIn()
    {
        using var stream = typeof(WeightsFile).Assembly.GetManifestResourceStream(BuiltInResource)
            ?? throw new InvalidDataException($"The embedded resource {BuiltInResource} is missing.");
        return ReadStream(stream, "the built-in model");
    }

    /// <exception cref="InvalidDataException">The program cannot use the file; the message has the reason.</exception>
    public static WeightsFile LoadFile(string path)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > MaxFileBytes)
        {
            throw new InvalidDataException($"{path} has {stream.Length} bytes; the maximum for a weights file is {MaxFileBytes}");
        }

        return ReadStream(stream, path);
    }

    public byte[] SerializeToBytes() => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, Json.WeightsFile) + "\n");

    public LinearClassifier CreateClassifier() =>
        new(Labels, [.. Bias.Select(value => (float)value)], [.. Weights.Select(value => (float)((sbyte)value * Scale))]);

    private static WeightsFile ReadStream(Stream stream, string source)
    {
        WeightsFile file;
        try
        {
            file = JsonSerializer.Deserialize(stream, Json.WeightsFile)
                ?? throw new InvalidDataException($"{source} contains null instead of weights");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{source} is not a weights file: {exception.Message}", exception);
        }

        return file.FindDefect() is { } defect ? throw new InvalidDataException($"{source} cannot be used: {defect}") : file;
    }

    private string? FindDefect()
    {
        if (Format != CurrentFormat)
        {
            return $"its format is '{Format}', but this program reads '{CurrentFormat}'";
        }

        if (Features != TextFeatures.Version)
        {
            return $"it was trained with feature version {Features}, but this program has version {TextFeatures.Version}; train it again";
        }

        if (Labels.Length is < 2 or > LinearClassifier.MaxLabels || Labels.Distinct().Count() != Labels.Length)
        {
            return $"it must have between 2 and {LinearClassifier.MaxLabels} distinct labels";
        }

        if (string.IsNullOrEmpty(Name))
        {
            return "it has no name";
        }

        var buckets = Weights.Length / Labels.Length;
        if (buckets == 0 || !int.IsPow2(buckets) || Weights.Length % Labels.Length != 0)
        {
            return $"{Weights.Length} weights for {Labels.Length} labels do not form a power of two of buckets";
        }

        return Bias.Length != Labels.Length || !Bias.All(double.IsFinite) || !double.IsFinite(Scale)
            ? "its biases or its scale are invalid"
            : null;
    }
}
