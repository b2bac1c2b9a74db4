using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Agent.Classifier;

/// <summary>
/// The file that a model is kept in: JSON, with the weights as base64 of signed bytes, bucket by bucket, each multiplied by
/// <see cref="Scale"/>. Quantised so, the file is a quarter of its size and the answers are the same.
/// </summary>
internal sealed record WeightsFile
{
    /// <summary>Read this much at most: a wrong path must not fill the memory.</summary>
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

    /// <summary><see cref="TextFeatures.Version"/> at training: weights are good for the features that they were fitted to.</summary>
    public required int Features { get; init; }

    public required string[] Labels { get; init; }

    public TrainingRecord? Training { get; init; }

    public Evaluation? Evaluation { get; init; }

    public required double[] Bias { get; init; }

    public required double Scale { get; init; }

    public required byte[] Weights { get; init; }

    public static WeightsFile Quantise(string name, string[] labels, double[] bias, double[] weights)
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

    /// <summary>The weights that are part of the program.</summary>
    public static WeightsFile LoadBuiltIn()
    {
        using var stream = typeof(WeightsFile).Assembly.GetManifestResourceStream(BuiltInResource)
            ?? throw new InvalidDataException($"the resource {BuiltInResource} is missing from the program");
        return Read(stream, "the built-in model");
    }

    /// <exception cref="InvalidDataException">The file is not a weights file that this program can use; says why.</exception>
    public static WeightsFile Load(string path)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > MaxFileBytes)
        {
            throw new InvalidDataException($"{path} has {stream.Length} bytes; a weights file has {MaxFileBytes} at most");
        }

        return Read(stream, path);
    }

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, Json.WeightsFile) + "\n");

    public LinearClassifier ToClassifier() =>
        new(Labels, [.. Bias.Select(value => (float)value)], [.. Weights.Select(value => (float)((sbyte)value * Scale))]);

    private static WeightsFile Read(Stream stream, string source)
    {
        WeightsFile file;
        try
        {
            file = JsonSerializer.Deserialize(stream, Json.WeightsFile)
                ?? throw new InvalidDataException($"{source} holds null, not weights");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{source} is not a weights file: {e.Message}", e);
        }

        return file.WhyUnusable() is { } why ? throw new InvalidDataException($"{source} cannot be used: {why}") : file;
    }

    private string? WhyUnusable()
    {
        if (Format != CurrentFormat)
        {
            return $"its format is '{Format}', this program reads '{CurrentFormat}'";
        }

        if (Features != TextFeatures.Version)
        {
            return $"it was trained for version {Features} of the features, this program has {TextFeatures.Version}; train it anew";
        }

        if (Labels.Length is < 2 or > LinearClassifier.MaxLabels || Labels.Distinct().Count() != Labels.Length)
        {
            return $"it must have between 2 and {LinearClassifier.MaxLabels} labels, each once";
        }

        if (string.IsNullOrEmpty(Name))
        {
            return "it has no name";
        }

        var buckets = Weights.Length / Labels.Length;
        if (buckets == 0 || !int.IsPow2(buckets) || Weights.Length % Labels.Length != 0)
        {
            return $"{Weights.Length} weights for {Labels.Length} labels are not a power of two of buckets";
        }

        return Bias.Length != Labels.Length || !Bias.All(double.IsFinite) || !double.IsFinite(Scale)
            ? "its biases or its scale do not fit"
            : null;
    }
}
