using System.Globalization;
using System.Runtime.CompilerServices;
using Agent.Classifier;
using Agent.Remote;

namespace Agent.Models.Loading;

/// <summary>Checks whether the configured model is available: loads the weights file, or lists the remote server's models.</summary>
internal sealed class ModelCheck(ModelOptions options) : ICheck
{
    private const string Subject = "model";

    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return options.Endpoint is null
            ? CheckWeightsFile(options.Path)
            : await RemoteModelProbe.ProbeModelAsync(options, Subject, cancellationToken);
    }

    private static Finding CheckWeightsFile(string path)
    {
        try
        {
            var file = path.Length == 0 ? WeightsFile.LoadBuiltIn() : WeightsFile.LoadFile(path);
            var accuracy = file.Evaluation is { } evaluation
                ? string.Create(CultureInfo.InvariantCulture, $", accuracy {evaluation.Accuracy:P1} on {evaluation.Texts} held-out texts")
                : "";
            var source = path.Length == 0 ? "built-in weights" : path;
            return Finding.Ok(Subject, $"{source}: '{file.Name}' with the classes {string.Join(", ", file.Labels)}{accuracy}.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Finding.Failure(
                Subject, $"Model:Path: {exception.Message.TrimEnd('.')}.",
                "Set a file written by the train verb, or remove the key to use the built-in model.");
        }
    }
}
