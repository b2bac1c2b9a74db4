using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>
/// Sorts the samples of a histogram or summary in the order that OpenMetrics requires: metric by metric, with ascending bounds. The
/// text format allows metrics to mix.
/// </summary>
internal static class SampleSorter
{
    public static void SortByMetric(Span<Sample> samples, SeriesCatalog catalog)
    {
        for (var i = 1; i < samples.Length; i++)
        {
            if (IsMisplaced(samples[i], samples[i - 1], catalog))
            {
                samples.Sort((a, b) => CompareSamples(a, b, catalog));
                return;
            }
        }
    }

    // Both orders of count and sum are valid, and most targets write the sum first: sorting for that would cost more than parsing.
    private static bool IsMisplaced(in Sample sample, in Sample previous, SeriesCatalog catalog)
    {
        ref readonly var x = ref catalog.Series[sample.SeriesId];
        ref readonly var y = ref catalog.Series[previous.SeriesId];
        if (x.MetricId != y.MetricId)
        {
            return catalog.Metrics[x.MetricId].Order < catalog.Metrics[y.MetricId].Order;
        }

        var hasBound = x.Kind is SampleKind.Bucket or SampleKind.Quantile;
        return hasBound && (x.Kind != y.Kind || x.Bound < y.Bound);
    }

    private static int CompareSamples(in Sample a, in Sample b, SeriesCatalog catalog)
    {
        ref readonly var x = ref catalog.Series[a.SeriesId];
        ref readonly var y = ref catalog.Series[b.SeriesId];
        var order = catalog.Metrics[x.MetricId].Order.CompareTo(catalog.Metrics[y.MetricId].Order);
        if (order == 0)
        {
            order = x.Kind.CompareTo(y.Kind);
        }

        return order != 0 ? order : x.Bound.CompareTo(y.Bound);
    }
}
