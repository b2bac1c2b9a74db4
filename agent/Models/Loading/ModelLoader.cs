using Agent.Classifier;
using Agent.Remote;

namespace Agent.Models.Loading;

/// <summary>Creates the configured model.</summary>
internal static class ModelLoader
{
    /// <exception cref="ConfigurationException">The weights file cannot be used; the message has the reason and the remedy.</exception>
    public static ITextModel LoadModel(ModelOptions options, TimeProvider time)
    {
        if (options.Endpoint is not null)
        {
            return new RemoteModel(options, new ChatClient(options, time));
        }

        if (options.Path.Length == 0)
        {
            return LinearModel.CreateFrom(WeightsFile.LoadBuiltIn());
        }

        try
        {
            return LinearModel.CreateFrom(WeightsFile.LoadFile(options.Path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new ConfigurationException(
                "Model:Path", options.Path,
                $"{exception.Message.TrimEnd('.')}. Set a file written by the train verb, or remove the key to use the built-in model.");
        }
    }
}
