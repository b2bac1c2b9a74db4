using TlsProxy.Policies;

namespace TlsProxy.Canary;

/// <summary>Sends a share of a route's requests, or those with a header, to another cluster.</summary>
/// <param name="Cluster">The other cluster.</param>
/// <param name="Share">Of the requests without the header, from 0 to 1.</param>
/// <param name="Header">Decides for a request that has it; null for none.</param>
/// <param name="HeaderValue">The value that means the other cluster; null for <c>always</c>, beside <c>never</c>.</param>
internal sealed record CanarySplit(string Cluster, double Share, string? Header, string? HeaderValue)
{
    public static CanarySplit? Read(MetadataReader reader, IReadOnlyCollection<string>? clusters)
    {
        if (!reader.HasAny("Canary."))
        {
            return null;
        }

        var canary = new CanarySplit(
            ClusterName.Read(reader, "Canary.Cluster", clusters),
            reader.Share("Canary.Percent", 0),
            reader.Text("Canary.Header"),
            reader.Text("Canary.HeaderValue"));
        if (canary is { Header: null, HeaderValue: not null })
        {
            reader.Refuse("Canary.Header", "is missing. Name the header that Canary.HeaderValue is compared with.");
        }
        else if (canary is { Header: null } && !reader.Has("Canary.Percent"))
        {
            reader.Refuse("Canary.Percent", "is missing, and Canary.Header too: one of them says which requests go to Canary.Cluster.");
        }

        return canary;
    }

    /// <summary>Whether this request goes to the other cluster.</summary>
    public bool Takes(HttpRequest request)
    {
        if (Header is not null && request.Headers[Header] is { Count: 1 } value)
        {
            if (HeaderValue is not null)
            {
                if (HeaderValue == value[0])
                {
                    return true;
                }
            }
            else if ("always".Equals(value[0], StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
            else if ("never".Equals(value[0], StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return Chance.Hits(Share);
    }
}
