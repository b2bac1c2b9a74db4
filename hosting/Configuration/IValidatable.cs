namespace Hosting.Configuration;

/// <summary>An options class with rules that span several of its keys.</summary>
public interface IValidatable
{
    /// <summary>Everything that is wrong; empty when all is well.</summary>
    /// <param name="path">The section's own key with a trailing colon, or empty at the root; put it before each key.</param>
    IEnumerable<ConfigurationError> Validate(string path);
}
