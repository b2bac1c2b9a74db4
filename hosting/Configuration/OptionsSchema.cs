using System.Reflection;

namespace Hosting.Configuration;

/// <summary>
/// The keys of an options class, read once from its properties. With them, unknown keys and invalid values are found
/// before anything is bound.
/// </summary>
internal sealed class OptionsSchema
{
    private readonly List<OptionsKey> _keys = [];

    public OptionsSchema(Type optionsType) => AddProperties(optionsType, prefix: "");

    /// <summary>Every key, in the order of declaration.</summary>
    public IReadOnlyList<OptionsKey> Keys => _keys;

    /// <summary>The properties that can be configured.</summary>
    public static IEnumerable<PropertyInfo> ListProperties(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.SetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0);

    /// <summary>The name of a property in the configuration.</summary>
    public static string ReadKeyName(PropertyInfo property) =>
        property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name ?? property.Name;

    /// <summary>The item type of a list of scalar values; null for any other type.</summary>
    public static Type? FindElementType(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() is var definition
            && (definition == typeof(List<>) || definition == typeof(IReadOnlyList<>) || definition == typeof(IList<>))
            && ConfigurationValue.IsScalarType(type.GenericTypeArguments[0]) ? type.GenericTypeArguments[0]
        : null;

    /// <summary>The key that a configured key sets, or null if there is none.</summary>
    public OptionsKey? FindKey(string key)
    {
        var segments = key.Split(':');
        return _keys.Find(known => known.MatchesKey(segments));
    }

    /// <summary>Whether <paramref name="section"/> is the first part of a key.</summary>
    public bool HasSection(string section)
    {
        var segments = section.Split(':');
        return _keys.Exists(known => known.IsInSection(segments));
    }

    /// <summary>Whether the value of a key must not be shown.</summary>
    public bool IsSecret(string key) => Secrets.IsSecret(key, FindKey(key)?.IsSecret ?? false);

    /// <summary>The error text for an unknown key, with the most similar known key if there is one.</summary>
    /// <param name="key">The unknown key.</param>
    /// <param name="source">The form in which it was given, such as <c>flag</c>.</param>
    public string DescribeUnknown(string key, string source) =>
        FindSimilarKey(key) is { } similar ? $"unknown {source}. Did you mean {similar}?" : $"unknown {source}. --help lists all keys.";

    /// <summary>The known key that is most similar to a misspelled one, or null if none is similar.</summary>
    public string? FindSimilarKey(string key) => _keys
        .Where(known => !known.Name.Contains('*', StringComparison.Ordinal))
        .Select(known => (known.Name, Distance: MeasureEditDistance(known.Name.ToUpperInvariant(), key.ToUpperInvariant())))
        .Where(candidate => candidate.Distance <= Math.Max(2, key.Length / 4))
        .OrderBy(candidate => candidate.Distance)
        .Select(candidate => candidate.Name)
        .FirstOrDefault();

    private void AddProperties(Type type, string prefix)
    {
        foreach (var property in ListProperties(type))
        {
            AddKey(property.PropertyType, prefix + ReadKeyName(property), property.IsDefined(typeof(SecretAttribute)));
        }
    }

    private void AddKey(Type type, string key, bool secret)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(IConfigurationSection))
        {
            _keys.Add(new OptionsKey(key, typeof(string), OptionsKeyKind.Subtree, secret));
        }
        else if (ConfigurationValue.IsScalarType(type))
        {
            _keys.Add(new OptionsKey(key, type, OptionsKeyKind.Scalar, secret));
        }
        else if (FindElementType(type) is { } element)
        {
            _keys.Add(new OptionsKey(key, element, OptionsKeyKind.List, secret));
        }
        else if (FindEntryType(type) is { } entry)
        {
            AddKey(entry, key + ":*", secret);
        }
        else
        {
            AddProperties(type, key + ":");
        }
    }

    /// <summary>The type of a dictionary's values or of a list's sections.</summary>
    private static Type? FindEntryType(Type type)
    {
        if (!type.IsGenericType)
        {
            return null;
        }

        var definition = type.GetGenericTypeDefinition();
        return definition == typeof(Dictionary<,>) || definition == typeof(IDictionary<,>) ? type.GenericTypeArguments[1]
            : definition == typeof(List<>) ? type.GenericTypeArguments[0]
            : null;
    }

    private static int MeasureEditDistance(string first, string second)
    {
        var previous = Enumerable.Range(0, second.Length + 1).ToArray();
        for (var i = 1; i <= first.Length; i++)
        {
            var current = new int[second.Length + 1];
            current[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                var substitution = previous[j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1);
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, substitution);
            }

            previous = current;
        }

        return previous[second.Length];
    }
}
