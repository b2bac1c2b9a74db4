using TlsProxy.Policies;
using TlsProxy.Upstream;

namespace TlsProxy.Forwarding;

/// <summary>Reads the policy of the application from <c>Upstream:Metadata</c>.</summary>
internal sealed class UpstreamPolicyReader(RoutePolicyReader reader)
{
    /// <exception cref="ConfigurationException">The metadata is invalid; contains all errors.</exception>
    public RoutePolicy ReadPolicy(UpstreamOptions options)
    {
        var errors = new List<ConfigurationError>();
        var policy = reader.ReadPolicy("Upstream:Metadata", options.Metadata, clusters: null, errors);
        return errors.Count == 0 ? policy : throw new ConfigurationException(errors);
    }
}
