using System.ComponentModel.DataAnnotations;

namespace Agent.Models;

/// <summary>Which model answers: the built-in one, one from a file, or a remote one.</summary>
public sealed class ModelOptions : IValidatable
{
    /// <summary>Weights file as the <c>train</c> verb writes it. Default empty: the built-in model.</summary>
    public string Path { get; set; } = "";

    /// <summary>Base address of an OpenAI-compatible API, such as <c>http://ollama:11434/v1</c>. Default none: no remote model.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The remote model's name there. Default empty; needed with an endpoint.</summary>
    public string Name { get; set; } = "";

    /// <summary>File that holds the API's key, read anew with every request. Default empty: no key is sent.</summary>
    public string ApiKeyFile { get; set; } = "";

    /// <summary>Classes that the remote model chooses from. Default positive, neutral, negative.</summary>
    public string[] Labels { get; set; } = ["positive", "neutral", "negative"];

    /// <summary>Seconds that one attempt at the remote model may take until its answer begins. Default 10.</summary>
    [Range(0.001, 3600)]
    public double AttemptTimeoutSeconds { get; set; } = 10;

    /// <summary>Attempts in all for one request. Default 3.</summary>
    [Range(1, 10)]
    public int MaxAttempts { get; set; } = 3;

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Endpoint is not null && Path.Length > 0)
        {
            yield return new ConfigurationError(path + "Path", Path, "there is Model:Endpoint, too. Give one of the two.");
        }

        if (Endpoint is not null && Name.Length == 0)
        {
            yield return new ConfigurationError(path + "Name", null, "is missing. Give the name that the endpoint knows the model by.");
        }

        if (Endpoint is not null && (Labels.Length < 2 || Labels.Any(string.IsNullOrWhiteSpace)))
        {
            yield return new ConfigurationError(path + "Labels", string.Join(',', Labels), "needs two classes at least, none of them empty.");
        }
    }
}
