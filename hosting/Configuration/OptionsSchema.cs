using System.Reflection;

namespace Hosting.Configuration;

/// <summary>
/// Which keys an options class has, read from its properties once: what the configuration chain needs to tell a
/// typo from a key, and a wrong value from a right one, before anything is bound.
/// </summary>
internal sealed class OptionsSchema
{
    private readonly List<Node> _nodes = [];

    public OptionsSchema(Type optionsType) => Add(optionsType, prefix: "", optionsType.Assembly);

    /// <summary>Every key with its type, in the order of declaration. A dictionary's key ends in <c>:*</c>.</summary>
    public IEnumerable<(string Key, Type Type, bool Secret)> Keys => _nodes.Select(n => (n.Display, n.LeafType, n.Secret));

    /// <summary>The leaf that <paramref name="key"/> names, or null when there is no such key.</summary>
    public Node? Find(string key)
    {
        var segments = key.Split(':');
        return _nodes.Find(node => node.Matches(segments));
    }

    /// <summary>Whether <paramref name="section"/> is the first part of some key.</summary>
    public bool HasSection(string section)
    {
        var wanted = section.Split(':');
        return _nodes.Exists(n => n.Segments.Length > wanted.Length
            && n.Segments.Zip(wanted).All(pair => pair.First == "*" || pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>The known key that is nearest to a mistyped one, or null when none is near.</summary>
    public string? Nearest(string key) => _nodes
        .Where(n => !n.Display.Contains('*', StringComparison.Ordinal))
        .Select(n => (n.Display, Distance: EditDistance(n.Display.ToUpperInvariant(), key.ToUpperInvariant())))
        .Where(c => c.Distance <= Math.Max(2, key.Length / 4))
        .OrderBy(c => c.Distance)
        .Select(c => c.Display)
        .FirstOrDefault();

    private void Add(Type type, string prefix, Assembly assembly)
    {
        foreach (var property in Properties(type))
        {
            var secret = property.IsDefined(typeof(SecretAttribute));
            AddValue(property.PropertyType, prefix + KeyName(property), secret, assembly);
        }
    }

    private void AddValue(Type type, string key, bool secret, Assembly assembly)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(IConfigurationSection))
        {
            _nodes.Add(new Node(key, typeof(string), Kind.Subtree, secret));
        }
        else if (ConfigurationValue.IsLeaf(type))
        {
            _nodes.Add(new Node(key, type, Kind.Leaf, secret));
        }
        else if (ElementType(type) is { } element)
        {
            _nodes.Add(new Node(key, element, Kind.List, secret));
        }
        else if (DictionaryValueType(type) is { } value)
        {
            AddValue(value, key + ":*", secret, assembly);
        }
        else
        {
            Add(type, key + ":", assembly);
        }
    }

    public static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0);

    public static string KeyName(PropertyInfo property) =>
        property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name ?? property.Name;

    public static Type? ElementType(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() is var d && (d == typeof(List<>) || d == typeof(IReadOnlyList<>) || d == typeof(IList<>))
            && ConfigurationValue.IsLeaf(type.GenericTypeArguments[0]) ? type.GenericTypeArguments[0]
        : null;

    public static Type? DictionaryValueType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var d && (d == typeof(Dictionary<,>) || d == typeof(IDictionary<,>))
            ? type.GenericTypeArguments[1]
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) ? type.GenericTypeArguments[0]
        : null;

    private static int EditDistance(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var current = new int[b.Length + 1];
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            }

            previous = current;
        }

        return previous[b.Length];
    }

    internal enum Kind
    {
        Leaf,
        List,
        Subtree,
    }

    internal sealed record Node(string Display, Type LeafType, Kind Kind, bool Secret)
    {
        public string[] Segments { get; } = Display.Split(':');

        public bool Matches(string[] key)
        {
            var wanted = Segments.Length;
            var fits = Kind switch
            {
                Kind.Leaf => key.Length == wanted,
                // One comma-separated value, or an item an index.
                Kind.List => key.Length == wanted || (key.Length == wanted + 1 && int.TryParse(key[^1], out _)),
                _ => key.Length >= wanted,
            };
            // The value of a dictionary may hold colons of its own (a category, a header's name does not).
            return fits && Segments.Zip(key).All(p => p.First == "*" || p.First.Equals(p.Second, StringComparison.OrdinalIgnoreCase));
        }
    }
}
