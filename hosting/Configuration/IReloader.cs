namespace Hosting.Configuration;

/// <summary>The reload as the management port and SIGHUP see it, whatever the options' type.</summary>
internal interface IReloader
{
    /// <summary>The outcome of the last (re)load.</summary>
    ReloadResult Last { get; }

    /// <summary>The file that the configuration came from, if one did.</summary>
    string? File { get; }

    /// <summary>Every key with the value in force, secrets masked.</summary>
    IEnumerable<(string Key, string? Value)> InEffect();

    /// <summary>Takes the configuration anew, one reload at a time.</summary>
    Task<ReloadResult> ReloadAsync(CancellationToken cancellationToken);
}

/// <summary>What came of a (re)load.</summary>
/// <param name="Generation">1 after the start, one more with each reload that was applied.</param>
/// <param name="At">When.</param>
/// <param name="Applied">Whether the new configuration is in force.</param>
/// <param name="Errors">Why not.</param>
/// <param name="Changed">The keys whose values changed.</param>
/// <param name="RestartRequired">Those of them that only a restart applies.</param>
internal sealed record ReloadResult(
    int Generation,
    DateTimeOffset At,
    bool Applied,
    IReadOnlyList<ConfigurationError> Errors,
    IReadOnlyList<string> Changed,
    IReadOnlyList<string> RestartRequired);
