using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ConfigReloader.Watching;

/// <summary>The section <c>watches</c> of <c>/statusz</c>.</summary>
internal sealed class WatchStatus(WatchStates watches) : IStatusSection
{
    public string Name => "watches";

    public JsonNode DescribeStatus()
    {
        var section = new JsonObject();
        foreach (var watch in watches.All)
        {
            var state = watch.State;
            section[watch.Name] = new JsonObject
            {
                ["phase"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(state.Phase.ToString()),
                ["path"] = watch.Parts.Source.Path,
                ["target"] = watch.Parts.Target?.Description,
                ["rendered_to"] = watch.Parts.Renderer?.Output.Path,
                ["fingerprint"] = state.Fingerprint,
                ["delivered_fingerprint"] = state.Delivered,
                ["files"] = state.Files,
                ["changes"] = state.Changes,
                ["changed_at"] = Text(state.ChangedAt),
                ["delivered_at"] = Text(state.DeliveredAt),
                ["attempts"] = state.Attempts,
                ["next_attempt_at"] = Text(state.NextAttemptAt),
                ["last_result"] = state.LastResult,
                ["events"] = state.NoEventsBecause is null ? "kernel and poll" : $"poll only: {state.NoEventsBecause}",
            };
        }

        return section;
    }

    private static string? Text(DateTimeOffset? at) =>
        at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
