using System.Text.Json.Nodes;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace TlsProxy.Routes;

/// <summary>Routes, and the health of each destination, in <c>/statusz</c>.</summary>
internal sealed class RouteStatus(IProxyStateLookup state) : IStatusSection
{
    public string Name => "routes";

    public JsonNode DescribeStatus() => new JsonObject
    {
        ["routes"] = new JsonArray([.. state.GetRoutes().Select(route => (JsonNode)DescribeRoute(route))]),
        ["clusters"] = new JsonArray([.. state.GetClusters().Select(cluster => (JsonNode)DescribeCluster(cluster))]),
    };

    private static JsonObject DescribeRoute(RouteModel route) => new()
    {
        ["id"] = route.Config.RouteId,
        ["path"] = route.Config.Match.Path,
        ["cluster"] = route.Config.ClusterId,
    };

    private static JsonObject DescribeCluster(ClusterState cluster) => new()
    {
        ["id"] = cluster.ClusterId,
        ["destinations"] = new JsonArray(
            [.. cluster.Destinations.Values.Select(destination => (JsonNode)DescribeDestination(destination))]),
    };

    private static JsonObject DescribeDestination(DestinationState destination) => new()
    {
        ["id"] = destination.DestinationId,
        ["address"] = destination.Model.Config.Address,
        ["active_health"] = destination.Health.Active.ToString().ToLowerInvariant(),
        ["passive_health"] = destination.Health.Passive.ToString().ToLowerInvariant(),
        ["requests_in_flight"] = destination.ConcurrentRequestCount,
    };
}
