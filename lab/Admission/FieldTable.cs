using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Objects;

namespace Lab.Admission;

/// <summary>
/// The fields of the Kubernetes API, read from <c>fields.txt</c>. Every valid manifest is accepted, even if it has settings that a laptop
/// cannot enforce, and every misspelled field is rejected.
/// </summary>
internal sealed class FieldTable
{
    private static readonly Lazy<FieldTable> Loaded = new(LoadTable);

    private readonly FrozenDictionary<(string ApiVersion, string Kind), string> _kinds;
    private readonly FrozenDictionary<string, string> _types;
    private readonly Dictionary<string, Dictionary<string, FieldType>> _fields = new(StringComparer.Ordinal);

    private FieldTable(Dictionary<(string ApiVersion, string Kind), string> kinds, Dictionary<string, string> types)
    {
        _kinds = kinds.ToFrozenDictionary();
        _types = types.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public static FieldTable Instance => Loaded.Value;

    public bool ContainsKind(string apiVersion, string kind) => _kinds.ContainsKey((apiVersion, kind));

    /// <summary>Finds every unknown field, missing field and wrong type of an object. A kind without a table is not checked.</summary>
    public IReadOnlyList<ObjectError> CheckFields(string apiVersion, string kind, JsonObject root)
    {
        var errors = new List<ObjectError>();
        if (_kinds.TryGetValue((apiVersion, kind), out var type))
        {
            CheckObject(root, type, "", type, errors);
        }

        return errors;
    }

    private void CheckObject(JsonObject node, string type, string path, string dottedPath, List<ObjectError> errors)
    {
        var fields = GetFields(type);
        foreach (var (name, value) in node)
        {
            var child = JoinPath(path, name);
            if (!fields.TryGetValue(name, out var field))
            {
                errors.Add(new(child, $"unknown field \"{child}\""));
            }
            else if (value is not null)
            {
                // Go's decoder identifies a field by its struct and by the path without indexes.
                CheckValue(value, field.Type, child, path.Length == 0 ? name : $"{dottedPath}.{name}", type, errors);
            }
        }

        foreach (var (name, field) in fields)
        {
            if (field.Required && node[name] is null)
            {
                errors.Add(new(JoinPath(path, name), $"{JoinPath(path, name)}: Required value"));
            }
        }
    }

    private void CheckValue(JsonNode node, string type, string path, string dottedPath, string owner, List<ObjectError> errors)
    {
        void AddMismatch(string goType) => errors.Add(new(
            path,
            $"json: cannot unmarshal {DescribeType(node)} into Go struct field {owner}.{dottedPath} of type {goType}"));

        switch (type[0])
        {
            case '[':
                if (node is JsonArray array)
                {
                    for (var index = 0; index < array.Count; index++)
                    {
                        if (array[index] is { } item)
                        {
                            CheckValue(item, type[1..^1], $"{path}[{index}]", dottedPath, owner, errors);
                        }
                    }
                }
                else
                {
                    AddMismatch($"[]{GetGoType(type[1..^1])}");
                }

                return;
            case '{':
                if (node is JsonObject map)
                {
                    foreach (var (key, value) in map)
                    {
                        if (value is not null)
                        {
                            CheckValue(value, type[1..^1], JoinPath(path, key), dottedPath, owner, errors);
                        }
                    }
                }
                else
                {
                    AddMismatch($"map[string]{GetGoType(type[1..^1])}");
                }

                return;
        }

        if (_types.ContainsKey(type))
        {
            if (node is JsonObject nested)
            {
                CheckObject(nested, type, path, dottedPath, errors);
            }
            else
            {
                AddMismatch($"v1.{type}");
            }

            return;
        }

        var kind = node.GetValueKind();
        var (scalar, values) = type.Split('=', 2) is [var left, var right] ? (left, right.Split('|')) : (type, null);
        switch (scalar)
        {
            case "string" when kind != JsonValueKind.String:
                AddMismatch("string");
                break;
            case "string" when values is not null && !values.Contains(node.GetValue<string>()):
                errors.Add(new(path, FormatUnsupportedValue(path, node.GetValue<string>(), values)));
                break;
            case "bytes" when kind != JsonValueKind.String:
                AddMismatch("[]uint8");
                break;
            case "bytes" when !IsBase64(node.GetValue<string>()):
                errors.Add(new(path, $"{path}: not base64 (plain text belongs in stringData)"));
                break;
            case "bool" when kind is not (JsonValueKind.True or JsonValueKind.False):
                AddMismatch("bool");
                break;
            case "int32" or "int64" when !IsInteger(node, scalar):
                AddMismatch(scalar);
                break;
            case "number" when kind != JsonValueKind.Number:
                AddMismatch("float64");
                break;
            case "intOrString" when kind != JsonValueKind.String && !IsInteger(node, "int32"):
                AddMismatch("intstr.IntOrString");
                break;
            case "quantity" when kind is not (JsonValueKind.String or JsonValueKind.Number) || !Quantity.TryParse(node.ToString(), out _):
                const string Pattern = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";
                errors.Add(new(path, $"{path}: quantities must match the regular expression '{Pattern}'"));
                break;
        }
    }

    /// <summary>The API server's message for a value outside an enumeration.</summary>
    public static string FormatUnsupportedValue(string path, string value, IEnumerable<string> supported) =>
        $"{path}: Unsupported value: \"{value}\": supported values: {string.Join(", ", supported.Select(item => $"\"{item}\""))}";

    private static bool IsInteger(JsonNode node, string type) =>
        node.GetValueKind() == JsonValueKind.Number
        && long.TryParse(node.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
        && (type == "int64" || value is >= int.MinValue and <= int.MaxValue);

    private static bool IsBase64(string text) =>
        Convert.TryFromBase64String(text, new byte[(text.Length * 3 / 4) + 3], out _);

    private static string DescribeType(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number when node.ToJsonString() is var text && text.Contains('.', StringComparison.Ordinal) => $"number {text}",
        JsonValueKind.Number => "number",
        _ => "bool",
    };

    private static string GetGoType(string type) => type[0] switch
    {
        '[' => $"[]{GetGoType(type[1..^1])}",
        '{' => $"map[string]{GetGoType(type[1..^1])}",
        _ when type == "bytes" => "[]uint8",
        _ when char.IsUpper(type[0]) => $"v1.{type}",
        _ => type.Split('=')[0],
    };

    private static string JoinPath(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private Dictionary<string, FieldType> GetFields(string type)
    {
        lock (_fields)
        {
            if (!_fields.TryGetValue(type, out var fields))
            {
                fields = new Dictionary<string, FieldType>(StringComparer.Ordinal);
                foreach (var field in _types[type].Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    var colon = field.IndexOf(':', StringComparison.Ordinal);
                    var required = field.EndsWith('!');
                    fields.Add(field[..colon], new(required ? field[(colon + 1)..^1] : field[(colon + 1)..], required));
                }

                _fields.Add(type, fields);
            }

            return fields;
        }
    }

    private static FieldTable LoadTable()
    {
        using var stream = typeof(FieldTable).Assembly.GetManifestResourceStream("Lab.Admission.fields.txt")!;
        using var reader = new StreamReader(stream);
        var kinds = new Dictionary<(string, string), string>();
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#') || line.Length == 0)
            {
                continue;
            }

            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && line[..space] == "kind")
            {
                var words = line.Split(' ');
                kinds.Add((words[1], words[2]), words[3]);
            }
            else
            {
                types.Add(space < 0 ? line : line[..space], space < 0 ? "" : line[(space + 1)..]);
            }
        }

        return new FieldTable(kinds, types);
    }

    private readonly record struct FieldType(string Type, bool Required);
}
