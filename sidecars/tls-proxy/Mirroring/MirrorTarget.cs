using TlsProxy.Policies;

namespace TlsProxy.Mirroring;

/// <summary>Where copies of a route's requests go.</summary>
/// <param name="Cluster">The cluster that gets them.</param>
/// <param name="Share">Of how many, from 0 to 1.</param>
/// <param name="BodyBytes">A request with a longer body is not copied.</param>
/// <param name="Timeout">How long a copy may take.</param>
internal sealed record MirrorTarget(string Cluster, double Share, int BodyBytes, TimeSpan Timeout)
{
    public static MirrorTarget? Read(MetadataReader reader, IReadOnlyCollection<string>? clusters) => reader.HasAny("Mirror.")
        ? new MirrorTarget(
            ClusterName.Read(reader, "Mirror.Cluster", clusters),
            reader.Share("Mirror.Percent", 100),
            reader.Whole("Mirror.BodyBytes", 64 * 1024, 0, 10_000_000),
            TimeSpan.FromSeconds(reader.Number("Mirror.TimeoutSeconds", 10, 0.1, 300)))
        : null;
}
