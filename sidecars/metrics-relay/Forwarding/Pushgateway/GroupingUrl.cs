using System.Text;

namespace MetricsRelay.Forwarding.Pushgateway;

/// <summary>The URL of a group of metrics: <c>/metrics/job/JOB/LABEL/VALUE…</c> (README of the Pushgateway, "URL").</summary>
internal static class GroupingUrl
{
    /// <param name="gateway">The gateway; a path prefix is kept.</param>
    /// <param name="job">The job of the group.</param>
    /// <param name="labels">Its other labels.</param>
    public static Uri BuildUrl(Uri gateway, string job, IEnumerable<KeyValuePair<string, string>> labels)
    {
        var path = new StringBuilder(gateway.AbsolutePath.TrimEnd('/')).Append("/metrics");
        foreach (var (name, value) in labels.Where(label => label.Value.Length > 0).Prepend(new("job", job)))
        {
            // A slash ends the value even when it is escaped, so such values are sent as base64.
            path.Append('/').Append(value.Contains('/', StringComparison.Ordinal)
                ? $"{name}@base64/{Convert.ToBase64String(Encoding.UTF8.GetBytes(value)).TrimEnd('=').Replace('+', '-').Replace('/', '_')}"
                : $"{name}/{Uri.EscapeDataString(value)}");
        }

        return new Uri(gateway, path.ToString());
    }
}
