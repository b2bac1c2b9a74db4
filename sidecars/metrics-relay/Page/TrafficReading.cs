using MetricsRelay.Exposition;
using MetricsRelay.Merge;

namespace MetricsRelay.Page;

/// <summary>What the targets' own metrics say about their traffic at one moment, all targets together.</summary>
/// <param name="At">Milliseconds since 1970.</param>
/// <param name="Requests">Requests ever answered, NaN when nothing counts them.</param>
/// <param name="Errors">Those of them that failed.</param>
/// <param name="InFlight">Requests being worked on, NaN when nothing says.</param>
/// <param name="Bounds">Upper bounds of the latency's buckets in seconds, the last one infinite; empty when there is no histogram.</param>
/// <param name="Counts">Requests up to each bound.</param>
/// <param name="Sources">Names of the families that it was read from: requests, latency, in flight.</param>
internal sealed record TrafficReading(
    long At, double Requests, double Errors, double InFlight, double[] Bounds, double[] Counts, (string? Requests, string? Latency, string? InFlight) Sources)
{
    // A family of more series than this is not one that counts a service's requests.
    private const int MaxSeries = 10_000;

    private static readonly string[] ErrorLabels = ["status", "code", "status_code", "http_response_status_code", "http_status_code", "grpc_code"];

    public static TrafficReading Of(MergedExposition merged, long at)
    {
        var latency = Best(merged, MetricType.Histogram,
            "inference_latency_seconds", "http_server_request_duration_seconds", "_latency_seconds", "_duration_seconds");
        var requests = Best(merged, MetricType.Counter, "inference_requests_total", "http_requests_total", "_requests_total") ?? latency;
        var inFlight = Best(merged, MetricType.Gauge, "inference_in_flight", "http_server_active_requests", "_in_flight", "_active_requests", "_inflight");
        var (bounds, counts) = latency is null ? ([], []) : Buckets(latency);
        var (all, errors) = requests is null ? (double.NaN, 0) : Count(requests);
        return new TrafficReading(at, all, errors, inFlight is null ? double.NaN : Count(inFlight).All, bounds, counts,
            (requests?.Name, latency?.Name, inFlight?.Name));
    }

    /// <summary>The latency below which a share of the requests since another reading stayed, interpolated within its bucket.</summary>
    /// <returns>Seconds, NaN when there were none.</returns>
    public double Quantile(double share, TrafficReading since)
    {
        if (Bounds.Length < 2 || !Bounds.AsSpan().SequenceEqual(since.Bounds))
        {
            return double.NaN;
        }

        var wanted = share * (Counts[^1] - since.Counts[^1]);
        if (!(wanted > 0))
        {
            return double.NaN;
        }

        var (below, from) = (0.0, 0.0);
        for (var i = 0; i < Bounds.Length - 1; i++)
        {
            var upTo = Counts[i] - since.Counts[i];
            if (upTo >= wanted)
            {
                return from + ((Bounds[i] - from) * (wanted - below) / (upTo - below));
            }

            (below, from) = (upTo, Bounds[i]);
        }

        // Beyond the last bound nothing is known: no less than that.
        return Bounds[^2];
    }

    private static MergedFamily? Best(MergedExposition merged, MetricType type, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            foreach (var family in merged.Families)
            {
                if (family.Type == type && family.Parts.Sum(p => p.Count) is > 0 and < MaxSeries
                    && (family.Name == name || (name[0] == '_' && family.Name.EndsWith(name, StringComparison.Ordinal))))
                {
                    return family;
                }
            }
        }

        return null;
    }

    private static (double All, double Errors) Count(MergedFamily family)
    {
        var (all, errors) = (0.0, 0.0);
        var labels = new List<Label>();
        foreach (var part in family.Parts)
        {
            foreach (ref readonly var sample in part.Samples)
            {
                ref readonly var series = ref part.Snapshot.Catalog.Series[sample.Series];
                if (series.OutputKind is SampleKind.Total or SampleKind.Value or SampleKind.Count)
                {
                    all += sample.Value;
                    LabelText.ReadSeries(part.Snapshot.Catalog.OutputText(in series), labels);
                    errors += labels.Exists(IsError) ? sample.Value : 0;
                }
            }
        }

        return (all, errors);
    }

    private static bool IsError(Label label) =>
        ErrorLabels.Contains(label.Name) && (label.Value is "error" or "failure" or ['5', _, _]);

    private static (double[] Bounds, double[] Counts) Buckets(MergedFamily family)
    {
        var buckets = new SortedDictionary<double, double>();
        foreach (var part in family.Parts)
        {
            foreach (ref readonly var sample in part.Samples)
            {
                ref readonly var series = ref part.Snapshot.Catalog.Series[sample.Series];
                if (series.OutputKind == SampleKind.Bucket)
                {
                    buckets[series.Bound] = buckets.GetValueOrDefault(series.Bound) + sample.Value;
                }
            }
        }

        return ([.. buckets.Keys], [.. buckets.Values]);
    }
}
