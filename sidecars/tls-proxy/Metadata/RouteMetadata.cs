using System.Globalization;

namespace TlsProxy.Metadata;

/// <summary>The metadata of one route: typed access to its values, and the list of all errors found so far.</summary>
/// <param name="path">The configuration key of the metadata, such as <c>ReverseProxy:Routes:all:Metadata</c>.</param>
/// <param name="metadata">The entries; null for none.</param>
internal sealed class RouteMetadata(string path, IReadOnlyDictionary<string, string>? metadata)
{
    private readonly Dictionary<string, string> _values = new(
        metadata ?? new Dictionary<string, string>(), StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public List<ConfigurationError> Errors { get; } = [];

    public bool ContainsKey(string key)
    {
        _known.Add(key);
        return _values.ContainsKey(key);
    }

    /// <summary>Whether any key of a group is set, such as <c>Canary.</c>.</summary>
    public bool ContainsGroup(string prefix) => _values.Keys.Any(k => k.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    public string? GetText(string key)
    {
        _known.Add(key);
        if (!_values.TryGetValue(key, out var value))
        {
            return null;
        }

        if (!string.IsNullOrWhiteSpace(value))
        {
            return value.Trim();
        }

        AddError(key, "is empty. Set a value or remove the key.");
        return null;
    }

    /// <summary>A text that must be set when any key of its group is set.</summary>
    public string GetRequiredText(string key, string remedy)
    {
        if (ContainsKey(key))
        {
            return GetText(key) ?? "";
        }

        AddError(key, $"is missing. {remedy}");
        return "";
    }

    /// <summary>The items of a comma-separated list.</summary>
    public string[] GetList(string key) =>
        GetText(key)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    public double GetNumber(string key, double defaultValue, double minimum, double maximum)
    {
        if (GetText(key) is not { } text)
        {
            return defaultValue;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= minimum
            && number <= maximum)
        {
            return number;
        }

        AddError(key, string.Create(CultureInfo.InvariantCulture, $"is not a number from {minimum} to {maximum}."));
        return defaultValue;
    }

    public int GetInteger(string key, int defaultValue, int minimum, int maximum)
    {
        var number = GetNumber(key, defaultValue, minimum, maximum);
        if (number == Math.Floor(number))
        {
            return (int)number;
        }

        AddError(key, "is not a whole number.");
        return defaultValue;
    }

    /// <summary>A percentage, returned as a share from 0 to 1.</summary>
    public double GetShare(string key, double defaultPercent) => GetNumber(key, defaultPercent, 0, 100) / 100;

    /// <summary>One of several allowed words, in lower case.</summary>
    public string GetKeyword(string key, string defaultValue, params string[] words)
    {
        if (GetText(key)?.ToLowerInvariant() is not { } word)
        {
            return defaultValue;
        }

        if (words.Contains(word))
        {
            return word;
        }

        AddError(key, $"is not one of {string.Join(", ", words)}.");
        return defaultValue;
    }

    public void AddError(string key, string message) => Errors.Add(new($"{path}:{key}", _values.GetValueOrDefault(key), message));

    /// <summary>
    /// Adds an error for every key that was never read. Such a key is a typing mistake, and with a mistyped key an intended
    /// protection would silently be missing.
    /// </summary>
    public void RejectUnknownKeys()
    {
        foreach (var key in _values.Keys.Where(k => !_known.Contains(k)))
        {
            var group = key.Split('.')[0];
            var similar = _known
                .Where(k => k.StartsWith(group + ".", StringComparison.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal)
                .ToList();
            AddError(key, similar.Count > 0
                ? $"is unknown. Known keys: {string.Join(", ", similar)}."
                : "is unknown. docs/tls-proxy.md lists the keys of a route's metadata.");
        }
    }
}
