namespace Hosting.Configuration;

/// <summary>Reads flags of the forms <c>--Key=value</c>, <c>--Key value</c> and, for a Boolean, <c>--Key</c>.</summary>
internal sealed class FlagReader(OptionsSchema schema)
{
    private const string ConfigurationFileFlag = "config";

    private const string NotAFlag = "is not a flag. Write flags as --Key=value, and a verb as the first argument; --help lists both.";

    public FlagSettings ReadFlags(IReadOnlyList<string> flags, ICollection<ConfigurationError> errors)
    {
        var settings = new List<KeyValuePair<string, string>>();
        string? file = null;
        for (var i = 0; i < flags.Count; i++)
        {
            if (!flags[i].StartsWith("--", StringComparison.Ordinal))
            {
                errors.Add(new(flags[i], null, NotAFlag));
                continue;
            }

            var (key, value) = SplitFlag(flags[i]);
            if (value is null && i + 1 < flags.Count && !flags[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = flags[++i];
            }

            value ??= schema.FindKey(key)?.ValueType == typeof(bool) ? "true" : null;
            if (FindError(key, value) is { } error)
            {
                errors.Add(error);
            }
            else if (key.Equals(ConfigurationFileFlag, StringComparison.OrdinalIgnoreCase))
            {
                file = value;
            }
            else
            {
                settings.Add(new(key, value!));
            }
        }

        return new FlagSettings(settings, file);
    }

    private static (string Key, string? Value) SplitFlag(string flag)
    {
        var equals = flag.IndexOf('=', StringComparison.Ordinal);
        var key = (equals < 0 ? flag[2..] : flag[2..equals]).Replace("__", ":", StringComparison.Ordinal);
        return (key, equals < 0 ? null : flag[(equals + 1)..]);
    }

    private ConfigurationError? FindError(string key, string? value)
    {
        if (value is null)
        {
            return new("--" + key, null, "has no value. Write it as --Key=value.");
        }

        if (key.Equals(ConfigurationFileFlag, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (schema.FindKey(key) is null)
        {
            return new("--" + key, null, schema.DescribeUnknown(key, "flag"));
        }

        if (!schema.IsSecret(key) || key.EndsWith("File", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var remedy = $"Set {OptionsKey.ToEnvironmentName(key)} in the environment, or use a file.";
        return new(key, Secrets.Mask, $"must not be a flag, because every user of the machine can read it. {remedy}");
    }
}
