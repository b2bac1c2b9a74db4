using Hosting.Configuration.Shapes;

namespace Hosting.Configuration;

/// <summary>
/// The keys of an options class, listed once from its shape. With them, unknown keys and invalid values are found before
/// anything is bound.
/// </summary>
internal sealed class OptionsSchema
{
    private readonly List<OptionsKey> _keys = [];

    public OptionsSchema(SectionShape options)
    {
        Options = options;
        AddProperties(options, prefix: "");
    }

    /// <summary>The shape of the options class.</summary>
    public SectionShape Options { get; }

    /// <summary>Every key, in the order of declaration.</summary>
    public IReadOnlyList<OptionsKey> Keys => _keys;

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

    private void AddProperties(SectionShape section, string prefix)
    {
        foreach (var property in section.Properties)
        {
            AddKeys(property, property.Shape, prefix + property.Name);
        }
    }

    private void AddKeys(OptionsProperty property, OptionsShape shape, string key)
    {
        switch (shape)
        {
            case SubtreeShape:
                AddKey(OptionsKeyKind.Subtree, typeof(string));
                break;
            case ScalarShape scalar:
                AddKey(OptionsKeyKind.Scalar, scalar.ValueType);
                break;
            case ListShape { Item: ScalarShape item }:
                AddKey(OptionsKeyKind.List, item.ValueType);
                break;
            case ListShape list:
                AddKeys(property, list.Item, key + ":*");
                break;
            case DictionaryShape dictionary:
                AddKeys(property, dictionary.Value, key + ":*");
                break;
            case SectionShape section:
                AddProperties(section, key + ":");
                break;
        }

        void AddKey(OptionsKeyKind kind, Type valueType) =>
            _keys.Add(new OptionsKey(key, valueType, kind, property.IsSecret, property.Description));
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
