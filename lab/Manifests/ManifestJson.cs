using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Manifests;

/// <summary>Helpers for the JSON of manifests.</summary>
internal static class ManifestJson
{
    public static JsonSerializerOptions SerializerOptions { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = 0,
    };

    /// <summary>A text field, or null if it is missing, empty or not text.</summary>
    public static string? ReadText(JsonObject? json, string field) =>
        json?[field] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    /// <summary>Removes fields and items with the value null: for the API they are not set.</summary>
    public static void RemoveNulls(JsonNode? node)
    {
        if (node is JsonObject json)
        {
            foreach (var name in json.Where(field => field.Value is null).Select(field => field.Key).ToList())
            {
                json.Remove(name);
            }

            foreach (var (_, value) in json)
            {
                RemoveNulls(value);
            }
        }
        else if (node is JsonArray array)
        {
            RemoveNullItems(array);
        }
    }

    private static void RemoveNullItems(JsonArray array)
    {
        for (var index = array.Count - 1; index >= 0; index--)
        {
            if (array[index] is null)
            {
                array.RemoveAt(index);
            }
            else
            {
                RemoveNulls(array[index]);
            }
        }
    }
}
