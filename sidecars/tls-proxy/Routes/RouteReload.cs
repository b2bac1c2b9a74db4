using TlsProxy.Policies;
using TlsProxy.Upstream;
using Yarp.ReverseProxy.Configuration;

namespace TlsProxy.Routes;

/// <summary>Applies changed routes completely, or rejects them.</summary>
internal sealed class RouteReload(InMemoryConfigProvider provider, IConfigValidator validator, RoutePolicies policies)
{
    /// <summary>Reads and validates the routes of a new configuration.</summary>
    /// <returns>Applies the new routes.</returns>
    /// <exception cref="ConfigurationException">The routes are invalid.</exception>
    public async ValueTask<Action> PrepareReloadAsync(RouteConfiguration next, UpstreamOptions upstream)
    {
        var table = RouteTable.ReadTable(next, upstream);
        await table.ValidateTableAsync(validator, policies);
        return () => provider.Update(table.Routes, table.Clusters);
    }
}
