using TlsProxy.Policies;
using Yarp.ReverseProxy.Configuration;

namespace TlsProxy.Routes;

/// <summary>Takes changed routes whole or not at all.</summary>
internal sealed class RouteReload(InMemoryConfigProvider provider, IConfigValidator validator, RoutePolicies policies) : IReloadParticipant<TlsProxyOptions>
{
    public IReadOnlyCollection<string> Keys => [RouteTable.Key];

    public async ValueTask<Action> PrepareAsync(TlsProxyOptions next, CancellationToken cancellationToken)
    {
        var table = RouteTable.Read(next);
        await table.ValidateAsync(validator, policies);
        return () => provider.Update(table.Routes, table.Clusters);
    }
}
