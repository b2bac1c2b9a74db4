namespace Hosting.Configuration;

/// <summary>One error in the configuration.</summary>
/// <param name="Key">The key, sections separated by a colon, such as <c>Sink:Url</c>.</param>
/// <param name="Value">The configured value, or null if there is none; masked before it is shown if the key is a secret.</param>
/// <param name="Message">The error and its remedy.</param>
public sealed record ConfigurationError(string Key, string? Value, string Message)
{
    /// <summary>The error as one line of text.</summary>
    public override string ToString() => Value is null ? $"{Key}: {Message}" : $"{Key} = '{Value}': {Message}";
}
