using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Lab.Objects;

/// <summary>
/// Reads the documents of a YAML file into JSON, with the line of every field. Plain scalars mean what they mean to
/// kubectl, which reads YAML 1.1: <c>yes</c> and <c>on</c> are booleans and <c>0400</c> is octal.
/// </summary>
internal sealed partial class YamlReader
{
    // A manifest is small; what is deeper or larger than this is a mistake or an attack (aliases that multiply).
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

    /// <summary>The documents of a file, empty ones left out.</summary>
    /// <exception cref="ManifestException">The text is not YAML.</exception>
    public static IReadOnlyList<(JsonNode Root, SourceMap Source)> Read(string file, string text)
    {
        var reader = new YamlReader(file, new StringReader(text));
        try
        {
            return reader.Documents();
        }
        catch (YamlException exception)
        {
            throw ManifestException.At(file, (int)Math.Max(1, exception.Start.Line), $"not YAML: {exception.Message}");
        }
    }

    private List<(JsonNode Root, SourceMap Source)> Documents()
    {
        var documents = new List<(JsonNode, SourceMap)>();
        _parser.Consume<StreamStart>();
        while (_parser.TryConsume<DocumentStart>(out _))
        {
            _anchors.Clear();
            _source = new SourceMap(_file, Line(_parser.Current!));
            var root = Node("", 0);
            _parser.Consume<DocumentEnd>();
            if (root is not null)
            {
                documents.Add((root, _source));
            }
        }

        return documents;
    }

    private JsonNode? Node(string path, int depth)
    {
        var current = _parser.Current!;
        if (depth > MaxDepth || ++_nodes > MaxNodes)
        {
            throw ManifestException.At(_file, Line(current), "too deep or too large for a manifest");
        }

        _source.Add(path, Line(current));
        JsonNode? node;
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (!_anchors.TryGetValue(alias.Value.Value, out var target))
            {
                throw ManifestException.At(_file, Line(alias), $"unknown anchor \"{alias.Value}\"");
            }

            _nodes += Count(target);
            return target?.DeepClone();
        }

        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            node = Value(scalar);
        }
        else if (_parser.TryConsume<SequenceStart>(out _))
        {
            node = Sequence(path, depth);
        }
        else
        {
            _parser.Consume<MappingStart>();
            node = Mapping(path, depth);
        }

        if (current is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            _anchors[anchored.Anchor.Value] = node;
        }

        return node;
    }

    private JsonArray Sequence(string path, int depth)
    {
        var array = new JsonArray();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            array.Add(Node($"{path}[{array.Count}]", depth + 1));
        }

        return array;
    }

    private JsonObject Mapping(string path, int depth)
    {
        var mapping = new JsonObject();
        JsonNode? merged = null;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
            {
                throw ManifestException.At(_file, Line(_parser.Current!), "a key must be a plain word");
            }

            var name = key.Value;
            if (name == "<<" && key.IsPlainImplicit)
            {
                merged = Node(path, depth + 1);
                continue;
            }

            var child = path.Length == 0 ? name : $"{path}.{name}";
            if (mapping.ContainsKey(name))
            {
                throw ManifestException.At(_file, Line(key), $"key \"{name}\" already set in map");
            }

            mapping.Add(name, Node(child, depth + 1));
            _source.Add(child, Line(key));
        }

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

        return mapping;
    }

    private static JsonValue? Value(Scalar scalar)
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

        if (Integer(text) is { } integer)
        {
            return JsonValue.Create(integer);
        }

        return FloatPattern().IsMatch(text) && double.TryParse(text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    private static long? Integer(string text)
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

    private static int Count(JsonNode? node) => node switch
    {
        JsonObject mapping => 1 + mapping.Sum(field => Count(field.Value)),
        JsonArray array => 1 + array.Sum(Count),
        _ => 1,
    };

    private static int Line(ParsingEvent parsed) => (int)parsed.Start.Line;

    [GeneratedRegex("^(?<sign>[-+]?)(?<prefix>0x|0b|0o|0(?=[0-7_]))?(?<digits>[0-9a-fA-F][0-9a-fA-F_]*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex IntegerPattern();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex FloatPattern();
}
