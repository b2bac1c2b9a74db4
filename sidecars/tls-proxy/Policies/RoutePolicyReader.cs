using TlsProxy.Authentication;
using TlsProxy.Canary;
using TlsProxy.Faults;
using TlsProxy.Files;
using TlsProxy.Forwarding;
using TlsProxy.Mirroring;
using TlsProxy.RateLimits;
using TlsProxy.Retries;

namespace TlsProxy.Policies;

/// <summary>Makes a route's policy out of its metadata, with the state and the files that the policy needs.</summary>
internal sealed class RoutePolicyReader(Problems problems, TimeProvider time)
{
    /// <param name="path">The key of the metadata in the configuration.</param>
    /// <param name="metadata">The metadata; null for none.</param>
    /// <param name="clusters">The clusters that may be named; null where there are none, before the one application.</param>
    /// <param name="errors">Gets everything that is wrong.</param>
    public RoutePolicy Read(string path, IReadOnlyDictionary<string, string>? metadata, IReadOnlyCollection<string>? clusters, List<ConfigurationError> errors)
    {
        var reader = new MetadataReader(path, metadata);
        var files = new FileWatch(reader, problems, time);
        var policy = new RoutePolicy
        {
            Authentication = RequestAuthentication.Read(reader, files, time),
            RateLimit = RateLimit.Read(reader, time),
            Faults = FaultInjection.Read(reader),
            Canary = CanarySplit.Read(reader, clusters),
            Mirror = MirrorTarget.Read(reader, clusters),
            Retry = RetryPolicy.Read(reader),
            Token = reader.Has("Token.File") ? files.Open("Token.File", EgressToken.Parse) : null,
        };
        reader.RefuseUnknown();
        errors.AddRange(reader.Errors);
        return policy;
    }
}
