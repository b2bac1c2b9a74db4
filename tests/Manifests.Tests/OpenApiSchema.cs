using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Manifests.Tests;

/// <summary>
/// Strict validation of an object against the OpenAPI v3 documents of a cluster, with the rules of the API server for
/// <c>kubectl apply</c>: correct types, all required fields, and no unknown field.
/// </summary>
internal sealed class OpenApiSchema
{
    private readonly Dictionary<string, JsonElement> _schemas = [];
    private readonly Dictionary<(string ApiVersion, string Kind), string> _kinds = [];

    private OpenApiSchema(params string[] directories)
    {
        foreach (var file in directories.SelectMany(d => Directory.EnumerateFiles(d, "openapi-*.json")))
        {
            var schemas = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.GetProperty("components").GetProperty("schemas");
            foreach (var schema in schemas.EnumerateObject())
            {
                _schemas[schema.Name] = schema.Value;
                if (schema.Value.TryGetProperty("x-kubernetes-group-version-kind", out var kinds))
                {
                    foreach (var kind in kinds.EnumerateArray())
                    {
                        var group = kind.GetProperty("group").GetString();
                        var version = kind.GetProperty("version").GetString()!;
                        var apiVersion = string.IsNullOrEmpty(group) ? version : $"{group}/{version}";
                        _kinds.TryAdd((apiVersion, kind.GetProperty("kind").GetString()!), schema.Name);
                    }
                }
            }
        }
    }

    /// <summary>The schemas in the directory <c>KUBERNETES_OPENAPI</c>; null if the variable is not set.</summary>
    public static OpenApiSchema? Available { get; } =
        Environment.GetEnvironmentVariable("KUBERNETES_OPENAPI") is { Length: > 0 } directory
            // The kinds of the Prometheus operator exist in a cluster only after it is installed. These are the fields that we use.
            ? new OpenApiSchema(directory, Repository.PathOf("tests/Manifests.Tests/Schemas"))
            : null;

    /// <summary>The errors in an object, each with its place.</summary>
    public IEnumerable<string> ValidateDocument(YamlMappingNode document)
    {
        var kind = (ReadText(document, "apiVersion"), ReadText(document, "kind"));
        return _kinds.TryGetValue(kind, out var schema)
            ? ValidateNode(document, _schemas[schema], "")
            : [$"no matches for kind \"{kind.Item2}\" in version \"{kind.Item1}\""];
    }

    private static string ReadText(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var value) ? ((YamlScalarNode)value).Value ?? "" : "";

    private IEnumerable<string> ValidateNode(YamlNode node, JsonElement schema, string path)
    {
        schema = ResolveReferences(schema);
        if (schema.TryGetProperty("x-kubernetes-int-or-string", out _) || (schema.TryGetProperty("oneOf", out _) && node is YamlScalarNode))
        {
            return node is YamlScalarNode ? [] : [$"{path}: not a number or a string"];
        }

        var type = schema.TryGetProperty("type", out var t) ? t.GetString() : null;
        return (type, node) switch
        {
            ("object" or null, YamlMappingNode mapping) => ValidateObject(mapping, schema, path),
            ("array", YamlSequenceNode items) => items.Children.SelectMany(
                (item, i) => ValidateNode(item, schema.GetProperty("items"), $"{path}[{i}]")),
            (null, _) => [],
            ("string", YamlScalarNode scalar) => IsString(scalar) ? [] : [$"{path}: '{scalar.Value}' is not a string (quote it)"],
            ("integer", YamlScalarNode scalar) => IsInteger(scalar) ? [] : [$"{path}: '{scalar.Value}' is not an integer"],
            ("number", YamlScalarNode scalar) => double.TryParse(scalar.Value, CultureInfo.InvariantCulture, out _)
                ? []
                : [$"{path}: '{scalar.Value}' is not a number"],
            ("boolean", YamlScalarNode scalar) => scalar is { Style: ScalarStyle.Plain, Value: "true" or "false" }
                ? []
                : [$"{path}: '{scalar.Value}' is not a boolean"],
            _ => [$"{path}: not of type {type}"],
        };
    }

    private IEnumerable<string> ValidateObject(YamlMappingNode mapping, JsonElement schema, string path)
    {
        var properties = schema.TryGetProperty("properties", out var p) ? p : default;
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray().Select(r => r.GetString()!))
            {
                if (!mapping.Children.ContainsKey(name))
                {
                    yield return $"{path}.{name}: Required value";
                }
            }
        }

        foreach (var (key, value) in mapping.Children)
        {
            var name = ((YamlScalarNode)key).Value!;
            var place = path.Length == 0 ? name : $"{path}.{name}";
            var isObject = properties.ValueKind == JsonValueKind.Object;
            var errors =
                isObject && properties.TryGetProperty(name, out var property) ? ValidateNode(value, property, place)
                : schema.TryGetProperty("additionalProperties", out var any) ? ValidateNode(value, any, place)
                : isObject ? [$"unknown field \"{place}\""]
                : [];
            foreach (var error in errors)
            {
                yield return error;
            }
        }
    }

    private JsonElement ResolveReferences(JsonElement schema)
    {
        while (true)
        {
            if (schema.TryGetProperty("$ref", out var reference))
            {
                schema = _schemas[reference.GetString()!["#/components/schemas/".Length..]];
            }
            else if (schema.TryGetProperty("allOf", out var all) && all.GetArrayLength() == 1)
            {
                schema = all[0];
            }
            else
            {
                return schema;
            }
        }
    }

    private static bool IsInteger(YamlScalarNode scalar) =>
        scalar.Style == ScalarStyle.Plain
        && long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    /// <summary>
    /// YAML 1.1 reads some plain scalars as a number, a boolean or null; using one as a string is the classic mistake in
    /// <c>env</c>.
    /// </summary>
    private static bool IsString(YamlScalarNode scalar) => scalar.Style != ScalarStyle.Plain
        || !(double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            || scalar.Value is "" or "~" or "null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n");
}
