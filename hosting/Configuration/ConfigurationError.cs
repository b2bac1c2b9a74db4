namespace Hosting.Configuration;

/// <summary>One thing that is wrong with the configuration.</summary>
/// <param name="Key">The key, sections separated by a colon, such as <c>Sink:Url</c>.</param>
/// <param name="Value">The value that was given, null where there is none; masked before it is shown if the key is a secret.</param>
/// <param name="Message">What is wrong with it and what to do.</param>
public sealed record ConfigurationError(string Key, string? Value, string Message)
{
    /// <summary>The one line that a person reads.</summary>
    public override string ToString() => Value is null ? $"{Key}: {Message}" : $"{Key} = '{Value}': {Message}";
}
