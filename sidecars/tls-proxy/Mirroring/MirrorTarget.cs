using TlsProxy.Metadata;

namespace TlsProxy.Mirroring;

/// <summary>The destination for copies of a route's requests.</summary>
/// <param name="Cluster">The cluster that receives the copies.</param>
/// <param name="Share">Share of copied requests, from 0 to 1.</param>
/// <param name="BodyBytes">A request with a longer body is not copied.</param>
/// <param name="Timeout">Time limit for a copy.</param>
internal sealed record MirrorTarget(string Cluster, double Share, int BodyBytes, TimeSpan Timeout)
{
    public static MirrorTarget? FromMetadata(
        RouteMetadata metadata, IReadOnlyCollection<string>? clusters) => metadata.ContainsGroup("Mirror.")
        ? new MirrorTarget(
            ClusterReference.ReadName(metadata, "Mirror.Cluster", clusters),
            metadata.GetShare("Mirror.Percent", 100),
            metadata.GetInteger("Mirror.BodyBytes", 64 * 1024, 0, 10_000_000),
            TimeSpan.FromSeconds(metadata.GetNumber("Mirror.TimeoutSeconds", 10, 0.1, 300)))
        : null;
}
