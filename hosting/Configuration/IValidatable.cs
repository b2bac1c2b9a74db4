namespace Hosting.Configuration;

/// <summary>An options class with rules that involve several of its keys.</summary>
public interface IValidatable
{
    /// <summary>Returns every error; empty if the options are valid.</summary>
    /// <param name="path">The section's own key with a trailing colon, or empty at the root; the prefix of each reported key.</param>
    IEnumerable<ConfigurationError> Validate(string path);
}
