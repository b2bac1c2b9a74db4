using Hosting.Configuration.Shapes;

namespace Hosting.Configuration;

/// <summary>
/// Loads the configuration of a process from its sources, in ascending precedence: the defaults of the options class, a JSON file
/// (<c>--config FILE</c> or <c>CONFIG_FILE</c>), environment variables (<c>SINK__URL</c>), and flags (<c>--Sink:Url=…</c>).
/// </summary>
internal sealed class ConfigurationLoader<TOptions>(IReadOnlyList<string> flags)
    where TOptions : ContainerOptions, IDescribedOptions, new()
{
    private static readonly Dictionary<string, string?> DefaultLogLevels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:System"] = "Warning",
        ["Logging:LogLevel:Yarp"] = "Warning",
    };

    public static OptionsSchema Schema { get; } = new(TOptions.Shape);

    /// <summary>Reads all sources again, binds the options and validates them.</summary>
    /// <exception cref="ConfigurationException">The configuration is rejected; contains every error.</exception>
    public ConfigurationSnapshot<TOptions> LoadConfiguration()
    {
        var settings = new SettingsBuilder(Schema, DefaultLogLevels);
        var parsedFlags = new FlagReader(Schema).ReadFlags(flags, settings.Errors);
        var file = parsedFlags.ConfigurationFile ?? Environment.GetEnvironmentVariable("CONFIG_FILE");
        if (!string.IsNullOrEmpty(file))
        {
            JsonFileReader.ReadFile(file, settings);
        }

        EnvironmentReader.ReadVariables(Schema, settings);
        foreach (var (key, value) in parsedFlags.Settings)
        {
            settings.AddSetting(key, value, "flag");
        }

        // Settings that could not be read are left out, and all others are validated, so that every error is reported.
        var options = OptionsBinder.BindOptions<TOptions>(settings.Values);
        var invalid = OptionsValidator.ValidateOptions(TOptions.Shape, options)
            .Where(error => !settings.Errors.Exists(known => known.Key.Equals(error.Key, StringComparison.OrdinalIgnoreCase)));
        ConfigurationError[] errors = [.. settings.Errors.Concat(invalid).Select(MaskSecret)];
        return errors.Length > 0
            ? throw new ConfigurationException(errors)
            : new ConfigurationSnapshot<TOptions>(options, settings.Values, file, settings.Warnings);
    }

    private static ConfigurationError MaskSecret(ConfigurationError error) =>
        error.Value is not null && Schema.IsSecret(error.Key) ? error with { Value = Secrets.Mask } : error;
}
