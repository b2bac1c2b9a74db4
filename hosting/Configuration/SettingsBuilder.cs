namespace Hosting.Configuration;

/// <summary>Merges settings from several sources in normalized form. A later setting replaces an earlier one with the same key.</summary>
/// <param name="schema">The known keys.</param>
/// <param name="defaults">The settings to start with.</param>
internal sealed class SettingsBuilder(OptionsSchema schema, IReadOnlyDictionary<string, string?> defaults)
{
    private readonly Dictionary<string, string?> _values = new(defaults, StringComparer.OrdinalIgnoreCase);

    public IReadOnlyDictionary<string, string?> Values => _values;

    public List<ConfigurationError> Errors { get; } = [];

    public List<ConfigurationError> Warnings { get; } = [];

    /// <summary>Adds a setting, or an error if its key is unknown or its value is invalid.</summary>
    /// <param name="key">The key, sections separated by a colon.</param>
    /// <param name="value">The value as written.</param>
    /// <param name="source">The origin of the setting as it appears in error texts, such as <c>environment</c>.</param>
    public void AddSetting(string key, string? value, string source)
    {
        if (schema.FindKey(key) is not { } known)
        {
            Errors.Add(new(key, null, $"{schema.DescribeUnknown(key, "key")} (in {source})"));
        }
        else if (known.IsWholeList(key))
        {
            AddList(key, value, source);
        }
        else if (known.Kind == OptionsKeyKind.Subtree || value is null)
        {
            _values[key] = value;
        }
        else if (value.Length > 0 || known.ValueType == typeof(string))
        {
            AddValue(key, value, known.ValueType, source);
        }

        // An empty value of another type counts as "not set": that is what an optional value of a template becomes.
    }

    private void AddList(string key, string? value, string source)
    {
        foreach (var item in _values.Keys.Where(existing => existing.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            _values.Remove(item);
        }

        var items = (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        for (var i = 0; i < items.Length; i++)
        {
            AddSetting($"{key}:{i}", items[i], source);
        }
    }

    private void AddValue(string key, string value, Type type, string source)
    {
        var (normalized, error) = ConfigurationValue.NormalizeText(key, value, type);
        if (error is null)
        {
            _values[key] = normalized;
        }
        else
        {
            Errors.Add(new(key, value, $"{error} (in {source})"));
        }
    }
}
