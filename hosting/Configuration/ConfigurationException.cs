namespace Hosting.Configuration;

/// <summary>The configuration is refused. At the start this ends the process with exit code 2; in a reload the old one stays.</summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>Refuses with everything that is wrong.</summary>
    public ConfigurationException(IReadOnlyList<ConfigurationError> errors)
        : base(string.Join(Environment.NewLine, errors)) => Errors = errors;

    /// <summary>Refuses one key.</summary>
    public ConfigurationException(string key, string? value, string message)
        : this([new ConfigurationError(key, value, message)])
    {
    }

    /// <summary>All that is wrong, not only the first.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; }
}
