namespace Hosting.Configuration;

/// <summary>The settings of the command line.</summary>
/// <param name="Settings">Keys and values in the order of the flags.</param>
/// <param name="ConfigurationFile">The value of <c>--config</c>, or null without that flag.</param>
internal sealed record FlagSettings(IReadOnlyList<KeyValuePair<string, string>> Settings, string? ConfigurationFile);
