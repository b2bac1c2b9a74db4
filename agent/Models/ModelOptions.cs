using System.ComponentModel.DataAnnotations;

namespace Agent.Models;

/// <summary>The model that serves predictions: the built-in one, one from a file, or a remote one.</summary>
public sealed class ModelOptions : IValidatable
{
    /// <summary>Weights file, as written by the <c>train</c> verb. Default empty: the built-in model.</summary>
    public string Path { get; set; } = "";

    /// <summary>Base address of an OpenAI-compatible API, such as <c>http://ollama:11434/v1</c>. Default none: no remote model.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The remote model's name at the endpoint. Default empty; required with an endpoint.</summary>
    public string Name { get; set; } = "";

    /// <summary>File with the API key, read again for every request. Default empty: no key is sent.</summary>
    public string ApiKeyFile { get; set; } = "";

    /// <summary>The classes that the remote model chooses from. Default positive, neutral, negative.</summary>
    public string[] Labels { get; set; } = ["positive", "neutral", "negative"];

    /// <summary>Seconds until a remote attempt must start to respond. Default 10.</summary>
    [Range(0.001, 3600)]
    public double AttemptTimeoutSeconds { get; set; } = 10;

    /// <summary>Maximum number of remote attempts for one request. Default 3.</summary>
    [Range(1, 10)]
    public int MaxAttempts { get; set; } = 3;

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Endpoint is not null && Path.Length > 0)
        {
            yield return new ConfigurationError(path + "Path", Path, "conflicts with Model:Endpoint. Set only one of the two.");
        }

        if (Endpoint is not null && Name.Length == 0)
        {
            yield return new ConfigurationError(path + "Name", null, "is missing. Set the name of the model at the endpoint.");
        }

        if (Endpoint is not null && (Labels.Length < 2 || Labels.Any(string.IsNullOrWhiteSpace)))
        {
            yield return new ConfigurationError(
                path + "Labels", string.Join(',', Labels), "must have at least two classes, none of them empty.");
        }
    }
}
