using MetricsRelay.Exposition;
using MetricsRelay.Merging;

namespace MetricsRelay.Page;

/// <summary>The traffic of all targets at one moment, according to their own metrics.</summary>
/// <param name="Time">Milliseconds since 1970.</param>
/// <param name="Requests">The total number of requests, or NaN without a counter.</param>
/// <param name="Errors">The number of failed requests.</param>
/// <param name="InFlight">The number of requests in progress, or NaN without a gauge.</param>
/// <param name="Bounds">The upper bounds of the latency buckets in seconds, the last one infinite; empty without a histogram.</param>
/// <param name="Counts">The number of requests up to each bound.</param>
/// <param name="Sources">The names of the families that were used.</param>
internal sealed record TrafficReading(
    long Time, double Requests, double Errors, double InFlight, double[] Bounds, double[] Counts, TrafficSources Sources)
{
    // A family with more series does not count the requests of a service.
    private const int MaxSeries = 10_000;

    private static readonly string[] ErrorLabels =
        ["status", "code", "status_code", "http_response_status_code", "http_status_code", "grpc_code"];

    public static TrafficReading ReadFrom(MergedExposition merged, long time)
    {
        var latency = FindFamily(merged, MetricType.Histogram,
            "inference_latency_seconds", "http_server_request_duration_seconds", "_latency_seconds", "_duration_seconds");
        var requests = FindFamily(merged, MetricType.Counter,
            "inference_requests_total", "http_requests_total", "_requests_total") ?? latency;
        var inFlight = FindFamily(merged, MetricType.Gauge,
            "inference_in_flight", "http_server_active_requests", "_in_flight", "_active_requests", "_inflight");
        var (bounds, counts) = latency is null ? ([], []) : SumBuckets(latency);
        var (all, errors) = requests is null ? (double.NaN, 0) : SumValues(requests);
        return new TrafficReading(time, all, errors, inFlight is null ? double.NaN : SumValues(inFlight).All, bounds, counts,
            new TrafficSources(requests?.Name, latency?.Name, inFlight?.Name));
    }

    /// <summary>Estimates a latency quantile of the requests since another reading, by interpolation within a bucket.</summary>
    /// <returns>Seconds, or NaN without requests.</returns>
    public double EstimateQuantile(double quantile, TrafficReading since)
    {
        if (Bounds.Length < 2 || !Bounds.AsSpan().SequenceEqual(since.Bounds))
        {
            return double.NaN;
        }

        var rank = quantile * (Counts[^1] - since.Counts[^1]);
        if (!(rank > 0))
        {
            return double.NaN;
        }

        var (countBelow, lowerBound) = (0.0, 0.0);
        for (var i = 0; i < Bounds.Length - 1; i++)
        {
            var count = Counts[i] - since.Counts[i];
            if (count >= rank)
            {
                return lowerBound + ((Bounds[i] - lowerBound) * (rank - countBelow) / (count - countBelow));
            }

            (countBelow, lowerBound) = (count, Bounds[i]);
        }

        // The quantile is in the infinite bucket: the last finite bound is the best known lower limit.
        return Bounds[^2];
    }

    // The names are in order of preference. A name that starts with an underscore is a suffix.
    private static MergedFamily? FindFamily(MergedExposition merged, MetricType type, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            foreach (var family in merged.Families)
            {
                if (family.Type == type && family.SampleCount is > 0 and < MaxSeries
                    && (family.Name == name || (name[0] == '_' && family.Name.EndsWith(name, StringComparison.Ordinal))))
                {
                    return family;
                }
            }
        }

        return null;
    }

    private static (double All, double Errors) SumValues(MergedFamily family)
    {
        var (all, errors) = (0.0, 0.0);
        var labels = new List<Label>();
        foreach (var segment in family.Segments)
        {
            var catalog = segment.Buffer.Catalog;
            foreach (ref readonly var sample in segment.Samples)
            {
                ref readonly var series = ref catalog.Series[sample.SeriesId];
                if (series.OutputKind is SampleKind.Total or SampleKind.Value or SampleKind.Count)
                {
                    all += sample.Value;
                    LabelText.ParseSeries(catalog.Outputs.GetText(in series), labels);
                    errors += labels.Exists(IsErrorLabel) ? sample.Value : 0;
                }
            }
        }

        return (all, errors);
    }

    private static bool IsErrorLabel(Label label) =>
        ErrorLabels.Contains(label.Name) && (label.Value is "error" or "failure" or ['5', _, _]);

    private static (double[] Bounds, double[] Counts) SumBuckets(MergedFamily family)
    {
        var buckets = new SortedDictionary<double, double>();
        foreach (var segment in family.Segments)
        {
            foreach (ref readonly var sample in segment.Samples)
            {
                ref readonly var series = ref segment.Buffer.Catalog.Series[sample.SeriesId];
                if (series.OutputKind == SampleKind.Bucket)
                {
                    buckets[series.Bound] = buckets.GetValueOrDefault(series.Bound) + sample.Value;
                }
            }
        }

        return ([.. buckets.Keys], [.. buckets.Values]);
    }
}
