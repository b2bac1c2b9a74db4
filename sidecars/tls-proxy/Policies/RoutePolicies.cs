using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Configuration;

namespace TlsProxy.Policies;

/// <summary>
/// The policy of each route, attached to YARP's configuration object of the route. YARP swaps these objects atomically and keeps
/// unchanged ones, so a request sees a route and its policy from the same configuration, and retry budgets and rate limits survive a
/// reload that does not change their route.
/// </summary>
internal sealed class RoutePolicies(RoutePolicyReader reader)
{
    private readonly ConditionalWeakTable<RouteConfig, RoutePolicy> _policies = [];

    /// <summary>Reads the policies of all routes.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="clusters">The clusters of the same configuration.</param>
    /// <param name="errors">Receives all errors.</param>
    public void ReadPolicies(IEnumerable<RouteConfig> routes, IEnumerable<ClusterConfig> clusters, List<ConfigurationError> errors)
    {
        var ids = clusters.Select(c => c.ClusterId).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var route in routes)
        {
            _policies.AddOrUpdate(route, reader.ReadPolicy($"ReverseProxy:Routes:{route.RouteId}:Metadata", route.Metadata, ids, errors));
        }
    }

    public RoutePolicy GetPolicy(RouteConfig route) => _policies.TryGetValue(route, out var policy)
        ? policy
        : throw new InvalidOperationException($"The policy of route {route.RouteId} was not read.");
}
