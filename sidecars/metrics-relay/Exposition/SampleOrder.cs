namespace MetricsRelay.Exposition;

/// <summary>
/// Brings the samples of a histogram or summary into the order that OpenMetrics asks for: metric by metric, its
/// buckets by rising bound. The text format lets metrics mix.
/// </summary>
internal static class SampleOrder
{
    public static void Restore(Span<Sample> samples, Catalog catalog)
    {
        for (var i = 1; i < samples.Length; i++)
        {
            if (IsBefore(samples[i], samples[i - 1], catalog))
            {
                samples.Sort((a, b) => Compare(a, b, catalog));
                return;
            }
        }
    }

    // Whether two neighbours break the order. Count and sum may stand either way round, and most targets put the sum
    // first: to sort all of them for that would cost more than reading them did.
    private static bool IsBefore(in Sample a, in Sample b, Catalog catalog)
    {
        ref readonly var x = ref catalog.Series[a.Series];
        ref readonly var y = ref catalog.Series[b.Series];
        if (x.Group != y.Group)
        {
            return catalog.Groups[x.Group].Order < catalog.Groups[y.Group].Order;
        }

        var bounded = x.Kind is SampleKind.Bucket or SampleKind.Quantile;
        return bounded && (x.Kind != y.Kind || x.Bound < y.Bound);
    }

    private static int Compare(in Sample a, in Sample b, Catalog catalog)
    {
        ref readonly var x = ref catalog.Series[a.Series];
        ref readonly var y = ref catalog.Series[b.Series];
        var order = catalog.Groups[x.Group].Order.CompareTo(catalog.Groups[y.Group].Order);
        if (order == 0)
        {
            order = x.Kind.CompareTo(y.Kind);
        }

        return order != 0 ? order : x.Bound.CompareTo(y.Bound);
    }
}
