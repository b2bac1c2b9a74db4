namespace Hosting.Configuration;

/// <summary>The outcome of a reload, or of the first load.</summary>
/// <param name="Generation">1 after the start; each applied reload adds one.</param>
/// <param name="At">The time of the reload.</param>
/// <param name="Applied">Whether the new configuration is in effect.</param>
/// <param name="Errors">The errors of a rejected configuration.</param>
/// <param name="Changed">The keys whose values changed.</param>
/// <param name="RestartRequired">The changed keys that only a restart applies.</param>
internal sealed record ReloadResult(
    int Generation,
    DateTimeOffset At,
    bool Applied,
    IReadOnlyList<ConfigurationError> Errors,
    IReadOnlyList<string> Changed,
    IReadOnlyList<string> RestartRequired);
