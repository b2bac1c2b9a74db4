using System.Text.Json.Nodes;

namespace MetricsRelay.Scrape;

/// <summary>The targets in <c>/statusz</c>.</summary>
internal sealed class ScrapeStatus(Scraper scraper) : IStatusSection
{
    public string Name => "targets";

    public JsonNode DescribeStatus()
    {
        var targets = new JsonArray();
        foreach (var target in scraper.Board.Targets)
        {
            var last = target.Last;
            targets.Add(new JsonObject
            {
                ["name"] = target.Name,
                ["url"] = target.Url.ToString(),
                ["up"] = last?.Up ?? false,
                ["since"] = last is null ? null : target.Since.ToString("O"),
                ["last_scrape"] = last?.At.ToString("O"),
                ["duration_seconds"] = last?.Duration.TotalSeconds,
                ["samples"] = last?.Samples,
                ["bytes"] = last?.Bytes,
                ["last_error"] = last is null ? "not scraped yet" : last.Error,
            });
        }

        var conflicts = new JsonArray();
        foreach (var conflict in scraper.Board.Conflicts)
        {
            conflicts.Add($"{conflict.Family} of {conflict.Target} {conflict.Reason}");
        }

        return new JsonObject { ["scraped"] = targets, ["left_out"] = conflicts };
    }
}
