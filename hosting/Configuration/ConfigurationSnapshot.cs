namespace Hosting.Configuration;

/// <summary>A valid configuration.</summary>
/// <param name="Options">The typed options.</param>
/// <param name="Values">The configured keys with their normalized values.</param>
/// <param name="File">The configuration file, or null if there is none.</param>
/// <param name="Warnings">Settings that look wrong but may belong to another program.</param>
internal sealed record ConfigurationSnapshot<TOptions>(
    TOptions Options,
    IReadOnlyDictionary<string, string?> Values,
    string? File,
    IReadOnlyList<ConfigurationError> Warnings);
