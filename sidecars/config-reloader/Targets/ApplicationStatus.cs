using System.Text.Json;

namespace ConfigReloader.Targets;

/// <summary>What an application's status page says of its configuration.</summary>
/// <param name="Generation">Counts the configurations that it has taken.</param>
/// <param name="StartedAt">Tells a process from its successor, whose generation begins anew; null where it is not said.</param>
/// <param name="LastReloadAt">When it last took or refused one; null where it is not said.</param>
/// <param name="Refusal">Why it refused the last one; null if it did not.</param>
internal sealed record ApplicationStatus(string Generation, string? StartedAt, string? LastReloadAt, string? Refusal)
{
    /// <summary>
    /// Reads a <c>/statusz</c> of this project (<c>configuration_generation</c>, <c>started_at</c>, <c>last_reload</c>), or any JSON
    /// object that has <c>config_generation</c>, at its root or under <c>process</c>; null if it says nothing of the kind.
    /// </summary>
    public static ApplicationStatus? Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var process = root.TryGetProperty("process", out var nested) && nested.ValueKind == JsonValueKind.Object ? nested : root;
        var generation = Text(root, "configuration_generation") ?? Text(root, "config_generation")
            ?? Text(process, "configuration_generation") ?? Text(process, "config_generation");
        if (generation is null)
        {
            return null;
        }

        var reload = root.TryGetProperty("last_reload", out var last) && last.ValueKind == JsonValueKind.Object ? last : default;
        return new ApplicationStatus(
            generation,
            Text(root, "started_at") ?? Text(process, "started_at"),
            Text(reload, "at"),
            Text(reload, "outcome") == "refused" ? Text(reload, "errors") ?? "no reason given" : null);
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null
            ? value.ToString()
            : null;
}
