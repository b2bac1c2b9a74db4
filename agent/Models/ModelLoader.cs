using Agent.Classifier;
using Agent.Remote;

namespace Agent.Models;

/// <summary>Makes the model that the options ask for.</summary>
internal static class ModelLoader
{
    /// <exception cref="ConfigurationException">The model cannot be had; says why and what to do.</exception>
    public static ITextModel Load(ModelOptions options, TimeProvider time)
    {
        if (options.Endpoint is not null)
        {
            return new RemoteModel(options, new ChatClient(options, time));
        }

        if (options.Path.Length == 0)
        {
            return LinearModel.From(WeightsFile.LoadBuiltIn());
        }

        try
        {
            return LinearModel.From(WeightsFile.Load(options.Path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new ConfigurationException(
                "Model:Path", options.Path,
                $"{e.Message.TrimEnd('.')}. Give a weights file that the train verb wrote, or leave the key out for the built-in model.");
        }
    }
}
