using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bench.Harness;

/// <summary>The report for programs, with the values of every run.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Formats a result as JSON.</summary>
    public static string FormatResult(CaseResult result) => new JsonObject
    {
        ["case"] = result.Case.Name,
        ["question"] = result.Case.Question,
        ["conditions"] = result.Case.Conditions,
        ["machine"] = JsonSerializer.SerializeToNode(result.Machine, Indented),
        ["warm_ups"] = result.WarmUps,
        ["contenders"] = new JsonArray([.. result.Contenders.Select(ConvertContender)]),
        ["ratios"] = new JsonArray([.. result.Peers.SelectMany(peer => ConvertRatios(result, peer))]),
    }.ToJsonString(Indented) + "\n";

    private static JsonObject ConvertContender(ContenderResult result) => new()
    {
        ["name"] = result.Contender.Name,
        ["description"] = result.Contender.Description,
        ["not_run"] = result.NotRun,
        ["runs"] = new JsonArray([.. result.Runs.Select(run => run is null ? null : ConvertRun(run))]),
    };

    private static JsonObject ConvertRun(Measurement run)
    {
        var node = new JsonObject();
        foreach (var metric in run.Metrics)
        {
            node[$"{metric.Name} [{metric.Unit}]"] = run[metric];
        }

        return node;
    }

    private static IEnumerable<JsonNode> ConvertRatios(CaseResult result, ContenderResult peer) =>
        from metric in result.Metrics
        let ratio = result.ComputeRatio(peer, metric)
        where ratio is not null
        select (JsonNode)new JsonObject
        {
            ["metric"] = metric.Name,
            ["higher_is_better"] = metric.HigherIsBetter,
            ["to"] = peer.Contender.Name,
            ["median"] = ratio.Value.Median,
            ["min"] = ratio.Value.Min,
            ["max"] = ratio.Value.Max,
            ["pairs"] = ratio.Value.Pairs,
        };
}
