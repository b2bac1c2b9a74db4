using TlsProxy.Metadata;

namespace TlsProxy.Canary;

/// <summary>Sends a share of a route's requests, or the requests with a certain header, to another cluster.</summary>
/// <param name="Cluster">The other cluster.</param>
/// <param name="Share">Share of the requests without the header, from 0 to 1.</param>
/// <param name="Header">The header that selects requests; null for none.</param>
/// <param name="HeaderValue">The value that selects the other cluster; null to use the values <c>always</c> and <c>never</c>.</param>
internal sealed record CanarySplit(string Cluster, double Share, string? Header, string? HeaderValue)
{
    public static CanarySplit? FromMetadata(RouteMetadata metadata, IReadOnlyCollection<string>? clusters)
    {
        if (!metadata.ContainsGroup("Canary."))
        {
            return null;
        }

        var canary = new CanarySplit(
            ClusterReference.ReadName(metadata, "Canary.Cluster", clusters),
            metadata.GetShare("Canary.Percent", 0),
            metadata.GetText("Canary.Header"),
            metadata.GetText("Canary.HeaderValue"));
        if (canary is { Header: null, HeaderValue: not null })
        {
            metadata.AddError("Canary.Header", "is missing. Set it to the header that Canary.HeaderValue is compared with.");
        }
        else if (canary is { Header: null } && !metadata.ContainsKey("Canary.Percent"))
        {
            metadata.AddError(
                "Canary.Percent", "is missing, and Canary.Header as well: one of them selects the requests for Canary.Cluster.");
        }

        return canary;
    }

    /// <summary>Whether this request goes to the other cluster.</summary>
    public bool SelectsRequest(HttpRequest request)
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

        return RandomSampling.SelectsNext(Share);
    }
}
