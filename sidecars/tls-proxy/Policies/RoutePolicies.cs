using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Configuration;

namespace TlsProxy.Policies;

/// <summary>
/// The policy of each route. It hangs on the route's own configuration object, which YARP swaps whole and keeps where
/// nothing changed: so a request sees a route and its policy of one generation, and budgets and buckets outlive a reload
/// that does not concern them.
/// </summary>
internal sealed class RoutePolicies(RoutePolicyReader reader)
{
    private readonly ConditionalWeakTable<RouteConfig, RoutePolicy> _policies = [];

    /// <summary>Reads those of all routes.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="clusters">The clusters beside them.</param>
    /// <param name="errors">Gets everything that is wrong.</param>
    public void Read(IEnumerable<RouteConfig> routes, IEnumerable<ClusterConfig> clusters, List<ConfigurationError> errors)
    {
        var ids = clusters.Select(c => c.ClusterId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var route in routes)
        {
            _policies.AddOrUpdate(route, reader.Read($"ReverseProxy:Routes:{route.RouteId}:Metadata", route.Metadata, ids, errors));
        }
    }

    public RoutePolicy Of(RouteConfig route) => _policies.TryGetValue(route, out var policy)
        ? policy
        : throw new InvalidOperationException($"route {route.RouteId} came into force without having been read");
}
