namespace Hosting.Configuration;

/// <summary>
/// The configuration is rejected. At the start the process exits with code 2; after a reload the previous configuration stays in
/// effect.
/// </summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>Rejects a configuration with all its errors.</summary>
    public ConfigurationException(IReadOnlyList<ConfigurationError> errors)
        : base(string.Join(Environment.NewLine, errors)) => Errors = errors;

    /// <summary>Rejects one key.</summary>
    public ConfigurationException(string key, string? value, string message)
        : this([new ConfigurationError(key, value, message)])
    {
    }

    /// <summary>All errors, not only the first.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; }
}
