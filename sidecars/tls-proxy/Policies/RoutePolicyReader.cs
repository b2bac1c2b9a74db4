using TlsProxy.Authentication;
using TlsProxy.Canary;
using TlsProxy.Faults;
using TlsProxy.Metadata;
using TlsProxy.Mirroring;
using TlsProxy.RateLimits;
using TlsProxy.Retries;
using TlsProxy.Upstream;

namespace TlsProxy.Policies;

/// <summary>Creates the policy of a route from its metadata, together with the state and the files that the policy needs.</summary>
internal sealed class RoutePolicyReader(Problems problems, TimeProvider time)
{
    /// <param name="path">The configuration key of the metadata.</param>
    /// <param name="entries">The metadata; null for none.</param>
    /// <param name="clusters">The configured clusters; null when there is only the application of <c>Upstream:Url</c>.</param>
    /// <param name="errors">Receives all errors.</param>
    public RoutePolicy ReadPolicy(
        string path, IReadOnlyDictionary<string, string>? entries, IReadOnlyCollection<string>? clusters, List<ConfigurationError> errors)
    {
        var metadata = new RouteMetadata(path, entries);
        var files = new MetadataFiles(metadata, problems, time);
        var policy = new RoutePolicy
        {
            Authentication = RequestAuthentication.FromMetadata(metadata, files, time),
            RateLimit = ClientRateLimit.FromMetadata(metadata, time),
            Faults = FaultInjection.FromMetadata(metadata),
            Canary = CanarySplit.FromMetadata(metadata, clusters),
            Mirror = MirrorTarget.FromMetadata(metadata, clusters),
            Retry = RetryPolicy.FromMetadata(metadata),
            EgressToken = metadata.ContainsKey("Token.File") ? files.OpenFile("Token.File", EgressToken.ParseToken) : null,
        };
        metadata.RejectUnknownKeys();
        errors.AddRange(metadata.Errors);
        return policy;
    }
}
