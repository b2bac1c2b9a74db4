using System.Text.Json.Nodes;

namespace MetricsRelay.Scraping;

/// <summary>The targets in <c>/statusz</c>.</summary>
internal sealed class ScrapeStatus(Scraper scraper) : IStatusSection
{
    public string Name => "targets";

    public JsonNode DescribeStatus()
    {
        var targetSet = scraper.TargetSet;
        var targets = new JsonArray();
        foreach (var target in targetSet.Targets)
        {
            var last = target.LastResult;
            targets.Add((JsonNode)new JsonObject
            {
                ["name"] = target.Name,
                ["url"] = target.Url.ToString(),
                ["up"] = last?.IsUp ?? false,
                ["since"] = last is null ? null : target.StateSince.ToString("O"),
                ["last_scrape"] = last?.StartTime.ToString("O"),
                ["duration_seconds"] = last?.Duration.TotalSeconds,
                ["samples"] = last?.Samples,
                ["bytes"] = last?.Bytes,
                ["last_error"] = last is null ? "not scraped yet" : last.Error,
            });
        }

        var conflicts = new JsonArray();
        foreach (var conflict in targetSet.Conflicts)
        {
            conflicts.Add((JsonNode)$"{conflict.Family} of {conflict.Target} {conflict.Reason}");
        }

        return new JsonObject { ["scraped"] = targets, ["omitted_families"] = conflicts };
    }
}
