namespace TlsProxy.Metadata;

/// <summary>The name of another cluster in the metadata of a route.</summary>
internal static class ClusterReference
{
    /// <param name="metadata">The metadata.</param>
    /// <param name="key">The key whose value is the cluster name.</param>
    /// <param name="clusters">The configured clusters; null when there is only the application of <c>Upstream:Url</c>.</param>
    public static string ReadName(RouteMetadata metadata, string key, IReadOnlyCollection<string>? clusters)
    {
        var name = metadata.GetRequiredText(key, "Set it to one of ReverseProxy:Clusters.");
        if (clusters is null)
        {
            metadata.AddError(
                key, "needs clusters, but only Upstream:Url is configured. Configure routes and clusters under ReverseProxy.");
        }
        else if (name.Length > 0 && !clusters.Contains(name))
        {
            metadata.AddError(key, "is not a configured cluster. Set it to one of ReverseProxy:Clusters.");
        }

        return name;
    }
}
