using System.Globalization;
using System.Runtime.CompilerServices;
using Agent.Classifier;
using Agent.Remote;

namespace Agent.Models;

/// <summary>Whether the model that is asked for can be had: its file is read, its server asked for the models that it has.</summary>
internal sealed class ModelCheck(AgentOptions options) : ICheck
{
    private const string Subject = "model";

    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return options.Model.Endpoint is null
            ? LookAtFile(options.Model.Path)
            : await RemoteProbe.LookAsync(options.Model, Subject, cancellationToken);
    }

    private static Finding LookAtFile(string path)
    {
        try
        {
            var file = path.Length == 0 ? WeightsFile.LoadBuiltIn() : WeightsFile.Load(path);
            var accuracy = file.Evaluation is { } evaluation
                ? string.Create(CultureInfo.InvariantCulture, $", accuracy {evaluation.Accuracy:P1} on {evaluation.Texts} texts that it had not seen")
                : "";
            return Finding.Ok(Subject, $"{(path.Length == 0 ? "the built-in one" : path)}: '{file.Name}' with the classes {string.Join(", ", file.Labels)}{accuracy}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Finding.Failure(
                Subject, $"Model:Path: {e.Message.TrimEnd('.')}.", "Give a weights file that the train verb wrote, or leave the key out for the built-in model.");
        }
    }
}
