using System.Text.Json;

namespace ConfigReloader.Targets;

/// <summary>The part of an application's status page that describes its configuration.</summary>
/// <param name="Generation">Number of configurations that the application has loaded.</param>
/// <param name="StartedAt">Distinguishes a process from its successor, whose generation starts again; null if not shown.</param>
/// <param name="LastReloadAt">When the application last applied or rejected a configuration; null if not shown.</param>
/// <param name="Rejection">Why the last configuration was rejected; null if it was applied.</param>
internal sealed record ApplicationStatus(string Generation, string? StartedAt, string? LastReloadAt, string? Rejection)
{
    /// <summary>
    /// Parses a <c>/statusz</c> of this project (<c>configuration_generation</c>, <c>started_at</c>, <c>last_reload</c>), or any
    /// JSON object with <c>configuration_generation</c> or <c>config_generation</c> at its root or under <c>process</c>.
    /// </summary>
    /// <returns>Null if the page has no generation.</returns>
    public static ApplicationStatus? Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var process = root.TryGetProperty("process", out var nested) && nested.ValueKind == JsonValueKind.Object ? nested : root;
        var generation = ReadText(root, "configuration_generation") ?? ReadText(root, "config_generation")
            ?? ReadText(process, "configuration_generation") ?? ReadText(process, "config_generation");
        if (generation is null)
        {
            return null;
        }

        var reload = root.TryGetProperty("last_reload", out var last) && last.ValueKind == JsonValueKind.Object ? last : default;
        return new ApplicationStatus(
            generation,
            ReadText(root, "started_at") ?? ReadText(process, "started_at"),
            ReadText(reload, "at"),
            ReadText(reload, "outcome") is "refused" or "rejected" ? ReadText(reload, "errors") ?? "no reason given" : null);
    }

    private static string? ReadText(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null
            ? value.ToString()
            : null;
}
