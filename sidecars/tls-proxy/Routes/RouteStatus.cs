using System.Text.Json.Nodes;
using Yarp.ReverseProxy;

namespace TlsProxy.Routes;

/// <summary>Routes, and the health of each destination, in <c>/statusz</c>.</summary>
internal sealed class RouteStatus(IProxyStateLookup state) : IStatusSection
{
    public string Name => "routes";

    public JsonNode DescribeStatus() => new JsonObject
    {
        ["routes"] = new JsonArray([.. state.GetRoutes().Select(r => (JsonNode)new JsonObject
        {
            ["id"] = r.Config.RouteId,
            ["path"] = r.Config.Match.Path,
            ["cluster"] = r.Config.ClusterId,
        })]),
        ["clusters"] = new JsonArray([.. state.GetClusters().Select(c => (JsonNode)new JsonObject
        {
            ["id"] = c.ClusterId,
            ["destinations"] = new JsonArray([.. c.Destinations.Values.Select(d => (JsonNode)new JsonObject
            {
                ["id"] = d.DestinationId,
                ["address"] = d.Model.Config.Address,
                ["active_health"] = d.Health.Active.ToString().ToLowerInvariant(),
                ["passive_health"] = d.Health.Passive.ToString().ToLowerInvariant(),
                ["requests_in_flight"] = d.ConcurrentRequestCount,
            })]),
        })]),
    };
}
