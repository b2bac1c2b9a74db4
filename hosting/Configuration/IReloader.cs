namespace Hosting.Configuration;

/// <summary>Reloads the configuration, independently of the type of the options.</summary>
internal interface IReloader
{
    /// <summary>The outcome of the last reload, or of the first load.</summary>
    ReloadResult LastResult { get; }

    /// <summary>The configuration file, or null if there is none.</summary>
    string? File { get; }

    /// <summary>Every key with the value in effect; secrets are masked.</summary>
    IEnumerable<(string Key, string? Value)> ListEffectiveValues();

    /// <summary>Reloads the configuration. Reloads run one at a time.</summary>
    Task<ReloadResult> ReloadConfigurationAsync(CancellationToken cancellationToken);
}
