using System.Text;

namespace MetricsRelay.Pushgateway;

/// <summary>Where a group of metrics lives: <c>/metrics/job/JOB/LABEL/VALUE…</c> (the Pushgateway's README, "URL").</summary>
internal static class GroupUrl
{
    /// <param name="gateway">The gateway; a prefix of the path is kept.</param>
    /// <param name="job">The group's job.</param>
    /// <param name="labels">Its other labels.</param>
    public static Uri Of(Uri gateway, string job, IEnumerable<KeyValuePair<string, string>> labels)
    {
        var path = new StringBuilder(gateway.AbsolutePath.TrimEnd('/')).Append("/metrics");
        foreach (var (name, value) in labels.Where(label => label.Value.Length > 0).Prepend(new("job", job)))
        {
            // A slash would end the value, escaped or not.
            path.Append('/').Append(value.Contains('/', StringComparison.Ordinal)
                ? $"{name}@base64/{Convert.ToBase64String(Encoding.UTF8.GetBytes(value)).TrimEnd('=').Replace('+', '-').Replace('/', '_')}"
                : $"{name}/{Uri.EscapeDataString(value)}");
        }

        return new Uri(gateway, path.ToString());
    }
}
