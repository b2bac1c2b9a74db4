using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ConfigReloader.Watching;

/// <summary>The section <c>watches</c> of <c>/statusz</c>.</summary>
internal sealed class WatchStatusSection(ActiveWatches watches) : IStatusSection
{
    public string Name => "watches";

    public JsonNode DescribeStatus()
    {
        var section = new JsonObject();
        foreach (var watch in watches.All)
        {
            var report = watch.Report;
            section[watch.Name] = new JsonObject
            {
                ["phase"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(report.Phase.ToString()),
                ["path"] = watch.Parts.Source.Path,
                ["target"] = watch.Parts.Target?.Description,
                ["rendered_to"] = watch.Parts.Renderer?.Output.Path,
                ["fingerprint"] = report.Fingerprint,
                ["delivered_fingerprint"] = report.DeliveredFingerprint,
                ["files"] = report.Files,
                ["changes"] = report.Changes,
                ["changed_at"] = FormatTime(report.ChangedAt),
                ["delivered_at"] = FormatTime(report.DeliveredAt),
                ["attempts"] = report.Attempts,
                ["next_attempt_at"] = FormatTime(report.NextAttemptAt),
                ["last_result"] = report.LastResult,
                ["events"] = report.EventsUnavailableReason is null ? "kernel and poll" : $"poll only: {report.EventsUnavailableReason}",
            };
        }

        return section;
    }

    private static string? FormatTime(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
