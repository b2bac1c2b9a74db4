namespace Hosting.Configuration;

/// <summary>A configuration that was read and found good.</summary>
/// <param name="Options">The typed options.</param>
/// <param name="Values">The keys that were set, and their values in normal form.</param>
/// <param name="File">The file that was read, if one was.</param>
/// <param name="Warnings">What looks wrong but may not be ours.</param>
internal sealed record ConfigurationSnapshot<TOptions>(
    TOptions Options,
    IReadOnlyDictionary<string, string?> Values,
    string? File,
    IReadOnlyList<ConfigurationError> Warnings);
