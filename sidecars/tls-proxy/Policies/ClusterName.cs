namespace TlsProxy.Policies;

/// <summary>The name of a further cluster in a route's metadata.</summary>
internal static class ClusterName
{
    /// <param name="reader">The metadata.</param>
    /// <param name="key">The key whose value names it.</param>
    /// <param name="clusters">Those that there are; null before the one application, which has no other beside it.</param>
    public static string Read(MetadataReader reader, string key, IReadOnlyCollection<string>? clusters)
    {
        var name = reader.Required(key, "Name one of ReverseProxy:Clusters.");
        if (clusters is null)
        {
            reader.Refuse(key, "needs clusters, and there is the one application of Upstream:Url alone. Write routes and clusters under ReverseProxy.");
        }
        else if (name.Length > 0 && !clusters.Contains(name))
        {
            reader.Refuse(key, "is no cluster. Name one of ReverseProxy:Clusters.");
        }

        return name;
    }
}
