using System.Globalization;

namespace Agent.Classifier;

/// <summary>The <c>train</c> verb: trains the classifier on a data set and reports its accuracy.</summary>
internal static class TrainVerb
{
    public const string Name = "train";
    public const string Usage =
        "train DATA.tsv --out model.json [--name NAME] [--seed N]   trains the classifier; the same data produce the same bytes";

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (!TryParseArguments(arguments, out var data, out var output, out var settings))
        {
            await Console.Error.WriteLineAsync($"usage: {Usage}");
            return 2;
        }

        try
        {
            var file = Trainer.TrainClassifier(DataSet.LoadFile(data), settings);
            await File.WriteAllBytesAsync(output, file.SerializeToBytes(), cancellationToken);
            Console.Out.Write(FormatReport(file, output));
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"train: {exception.Message}");
            return 1;
        }
    }

    private static bool TryParseArguments(string[] arguments, out string data, out string output, out TrainingSettings settings)
    {
        (data, output, settings) = ("", "", new TrainingSettings());
        for (var i = 0; i < arguments.Length; i++)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--out" when value.Length > 0:
                    (output, i) = (value, i + 1);
                    break;
                case "--name" when value.Length > 0:
                    (settings, i) = (settings with { Name = value }, i + 1);
                    break;
                case "--seed" when ulong.TryParse(value, CultureInfo.InvariantCulture, out var seed):
                    (settings, i) = (settings with { Seed = seed }, i + 1);
                    break;
                case var path when data.Length == 0 && !path.StartsWith('-'):
                    data = path;
                    break;
                default:
                    return false;
            }
        }

        return data.Length > 0 && output.Length > 0;
    }

    private static string FormatReport(WeightsFile file, string output)
    {
        var (training, evaluation) = (file.Training!, file.Evaluation!);
        var lines = new List<string>
        {
            $"{output}: {file.Name}, trained on {training.Texts} texts of {training.Data}",
            string.Create(CultureInfo.InvariantCulture, $"held out: {evaluation.Texts} texts, accuracy {evaluation.Accuracy:P1}"),
            "",
            $"{"true \\ predicted",-18}{string.Concat(file.Labels.Select(label => label.PadLeft(10)))}",
        };
        lines.AddRange(file.Labels.Zip(
            evaluation.ConfusionMatrix, (label, row) => $"{label,-18}{string.Concat(row.Select(count => $"{count,10}"))}"));
        return string.Join('\n', lines) + "\n";
    }
}
