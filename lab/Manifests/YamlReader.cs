using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Lab.Manifests;

/// <summary>
/// Reads the documents of a YAML file into JSON, with the line of every field. Plain scalars have the same meaning as in kubectl, which
/// reads YAML 1.1: <c>yes</c> and <c>on</c> are booleans, and <c>0400</c> is octal.
/// </summary>
internal sealed partial class YamlReader
{
    // Manifests are small. A deeper or larger document is a mistake or an attack (multiplying aliases).
    private const int MaxDepth = 64;
    private const int MaxNodes = 100_000;

    private readonly string _file;
    private readonly Parser _parser;
    private readonly Dictionary<string, JsonNode?> _anchors = new(StringComparer.Ordinal);
    private SourceMap _source;
    private int _nodes;

    private YamlReader(string file, TextReader text)
    {
        _file = file;
        _parser = new Parser(text);
        _source = new SourceMap(file, 1);
    }

    /// <summary>Reads the documents of a file, without empty ones.</summary>
    /// <exception cref="ManifestException">The text is not YAML.</exception>
    public static IReadOnlyList<(JsonNode Root, SourceMap Source)> ReadDocuments(string file, string text)
    {
        var reader = new YamlReader(file, new StringReader(text));
        try
        {
            return reader.ReadAllDocuments();
        }
        catch (YamlException exception)
        {
            throw ManifestException.AtLine(file, (int)Math.Max(1, exception.Start.Line), $"not YAML: {exception.Message}");
        }
    }

    private List<(JsonNode Root, SourceMap Source)> ReadAllDocuments()
    {
        var documents = new List<(JsonNode, SourceMap)>();
        _parser.Consume<StreamStart>();
        while (_parser.TryConsume<DocumentStart>(out _))
        {
            _anchors.Clear();
            _source = new SourceMap(_file, GetLine(_parser.Current!));
            var root = ReadNode("", 0);
            _parser.Consume<DocumentEnd>();
            if (root is not null)
            {
                documents.Add((root, _source));
            }
        }

        return documents;
    }

    private JsonNode? ReadNode(string path, int depth)
    {
        var current = _parser.Current!;
        if (depth > MaxDepth || ++_nodes > MaxNodes)
        {
            throw ManifestException.AtLine(_file, GetLine(current), "too deep or too large for a manifest");
        }

        _source.AddLine(path, GetLine(current));
        JsonNode? node;
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (!_anchors.TryGetValue(alias.Value.Value, out var target))
            {
                throw ManifestException.AtLine(_file, GetLine(alias), $"unknown anchor \"{alias.Value}\"");
            }

            _nodes += CountNodes(target);
            return target?.DeepClone();
        }

        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            node = ConvertScalar(scalar);
        }
        else if (_parser.TryConsume<SequenceStart>(out _))
        {
            node = ReadSequence(path, depth);
        }
        else
        {
            _parser.Consume<MappingStart>();
            node = ReadMapping(path, depth);
        }

        if (current is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            _anchors[anchored.Anchor.Value] = node;
        }

        return node;
    }

    private JsonArray ReadSequence(string path, int depth)
    {
        var array = new JsonArray();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            array.Add(ReadNode($"{path}[{array.Count}]", depth + 1));
        }

        return array;
    }

    private JsonObject ReadMapping(string path, int depth)
    {
        var mapping = new JsonObject();
        JsonNode? merged = null;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
            {
                throw ManifestException.AtLine(_file, GetLine(_parser.Current!), "a key must be a scalar");
            }

            var name = key.Value;
            if (name == "<<" && key.IsPlainImplicit)
            {
                merged = ReadNode(path, depth + 1);
                continue;
            }

            var child = path.Length == 0 ? name : $"{path}.{name}";
            if (mapping.ContainsKey(name))
            {
                throw ManifestException.AtLine(_file, GetLine(key), $"key \"{name}\" already set in map");
            }

            mapping.Add(name, ReadNode(child, depth + 1));
            _source.AddLine(child, GetLine(key));
        }

        MergeMappings(mapping, merged);
        return mapping;
    }

    /// <summary>Adds the keys of merged mappings (<c>&lt;&lt;</c>) that are not set yet.</summary>
    private static void MergeMappings(JsonObject mapping, JsonNode? merged)
    {
        foreach (var source in merged is JsonArray several ? several.AsEnumerable() : [merged])
        {
            foreach (var (name, value) in source as JsonObject ?? [])
            {
                if (!mapping.ContainsKey(name))
                {
                    mapping.Add(name, value?.DeepClone());
                }
            }
        }
    }

    private static JsonValue? ConvertScalar(Scalar scalar)
    {
        var text = scalar.Value;
        if (!scalar.IsPlainImplicit || scalar.Style != ScalarStyle.Plain)
        {
            return JsonValue.Create(text);
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N":
                return JsonValue.Create(false);
        }

        if (ParseInteger(text) is { } integer)
        {
            return JsonValue.Create(integer);
        }

        return FloatPattern().IsMatch(text)
            && double.TryParse(text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    private static long? ParseInteger(string text)
    {
        var match = IntegerPattern().Match(text);
        if (!match.Success)
        {
            return null;
        }

        var digits = match.Groups["digits"].Value.Replace("_", "", StringComparison.Ordinal);
        var radix = match.Groups["prefix"].Value switch { "0x" => 16, "0b" => 2, "0o" or "0" => 8, _ => 10 };
        try
        {
            var value = radix == 10 ? long.Parse(digits, CultureInfo.InvariantCulture) : Convert.ToInt64(digits, radix);
            return match.Groups["sign"].Value == "-" ? -value : value;
        }
        catch (Exception exception) when (exception is OverflowException or FormatException)
        {
            return null;
        }
    }

    private static int CountNodes(JsonNode? node) => node switch
    {
        JsonObject mapping => 1 + mapping.Sum(field => CountNodes(field.Value)),
        JsonArray array => 1 + array.Sum(CountNodes),
        _ => 1,
    };

    private static int GetLine(ParsingEvent parsed) => (int)parsed.Start.Line;

    [GeneratedRegex("^(?<sign>[-+]?)(?<prefix>0x|0b|0o|0(?=[0-7_]))?(?<digits>[0-9a-fA-F][0-9a-fA-F_]*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex IntegerPattern();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex FloatPattern();
}
