using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bench.Frame;

/// <summary>The report for programs: every single run.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(CaseResult result) => new JsonObject
    {
        ["case"] = result.Case.Name,
        ["question"] = result.Case.Question,
        ["conditions"] = result.Case.Conditions,
        ["machine"] = JsonSerializer.SerializeToNode(result.Machine, Indented),
        ["warm_ups"] = result.WarmUps,
        ["contenders"] = new JsonArray([.. result.Contenders.Select(Contender)]),
        ["ratios"] = new JsonArray([.. result.Peers.SelectMany(peer => Ratios(result, peer))]),
    }.ToJsonString(Indented) + "\n";

    private static JsonObject Contender(ContenderResult result) => new JsonObject
    {
        ["name"] = result.Contender.Name,
        ["description"] = result.Contender.Description,
        ["not_run"] = result.NotRun,
        ["runs"] = new JsonArray([.. result.Runs.Select(run => run is null ? null : Run(run))]),
    };

    private static JsonObject Run(Measurement run)
    {
        var node = new JsonObject();
        foreach (var metric in run.Metrics)
        {
            node[$"{metric.Name} [{metric.Unit}]"] = run[metric];
        }

        return node;
    }

    private static IEnumerable<JsonNode> Ratios(CaseResult result, ContenderResult peer) =>
        from metric in result.Metrics
        let ratio = result.RatioTo(peer, metric)
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
