using System.Globalization;

namespace TlsProxy.Policies;

/// <summary>Reads the metadata of one route, and gathers everything that is wrong with it.</summary>
/// <param name="path">The key of the metadata in the configuration, such as <c>ReverseProxy:Routes:all:Metadata</c>.</param>
/// <param name="metadata">Its entries; null for none.</param>
internal sealed class MetadataReader(string path, IReadOnlyDictionary<string, string>? metadata)
{
    private readonly Dictionary<string, string> _values = new(metadata ?? new Dictionary<string, string>(), StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public List<ConfigurationError> Errors { get; } = [];

    public bool Has(string key)
    {
        _known.Add(key);
        return _values.ContainsKey(key);
    }

    /// <summary>Whether any key of a group is there, such as <c>Canary.</c>.</summary>
    public bool HasAny(string prefix) => _values.Keys.Any(k => k.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    public string? Text(string key)
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

        Refuse(key, "is empty. Give it a value or leave the key out.");
        return null;
    }

    /// <summary>A text without which its group makes no sense.</summary>
    public string Required(string key, string remedy)
    {
        if (Has(key))
        {
            return Text(key) ?? "";
        }

        Refuse(key, $"is missing. {remedy}");
        return "";
    }

    /// <summary>The parts between commas.</summary>
    public string[] List(string key) => Text(key)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    public double Number(string key, double otherwise, double minimum, double maximum)
    {
        if (Text(key) is not { } text)
        {
            return otherwise;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        Refuse(key, string.Create(CultureInfo.InvariantCulture, $"is not a number from {minimum} to {maximum}."));
        return otherwise;
    }

    public int Whole(string key, int otherwise, int minimum, int maximum)
    {
        var number = Number(key, otherwise, minimum, maximum);
        if (number == Math.Floor(number))
        {
            return (int)number;
        }

        Refuse(key, "is not a whole number.");
        return otherwise;
    }

    /// <summary>A percentage, as a share from 0 to 1.</summary>
    public double Share(string key, double otherwisePercent) => Number(key, otherwisePercent, 0, 100) / 100;

    /// <summary>One of a few words, in lower case.</summary>
    public string OneOf(string key, string otherwise, params string[] words)
    {
        if (Text(key)?.ToLowerInvariant() is not { } word)
        {
            return otherwise;
        }

        if (words.Contains(word))
        {
            return word;
        }

        Refuse(key, $"is not one of {string.Join(", ", words)}.");
        return otherwise;
    }

    public void Refuse(string key, string message) => Errors.Add(new($"{path}:{key}", _values.GetValueOrDefault(key), message));

    /// <summary>What nobody asked for is a typo, and a typo may be the lock that is not there.</summary>
    public void RefuseUnknown()
    {
        foreach (var key in _values.Keys.Where(k => !_known.Contains(k)))
        {
            var group = key.Split('.')[0];
            var near = _known.Where(k => k.StartsWith(group + ".", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
            Refuse(key, near.Count > 0 ? $"is not known. There are: {string.Join(", ", near)}." : "is not known. docs/tls-proxy.md lists what a route may say.");
        }
    }
}
