using TlsProxy.Policies;

namespace TlsProxy.Forwarding;

/// <summary>The policy of the one application, out of <c>Upstream:Metadata</c>.</summary>
internal sealed class UpstreamPolicy(RoutePolicyReader reader)
{
    /// <exception cref="ConfigurationException">Something is wrong with it; tells all of it.</exception>
    public RoutePolicy Read(TlsProxyOptions options)
    {
        var errors = new List<ConfigurationError>();
        var policy = reader.Read("Upstream:Metadata", options.Upstream.Metadata, clusters: null, errors);
        return errors.Count == 0 ? policy : throw new ConfigurationException(errors);
    }
}
