namespace Bench.Harness;

/// <summary>Statistics that make sense for a handful of runs.</summary>
internal static class Statistics
{
    /// <summary>The middle value; for an even count, the mean of the two middle values.</summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static double ComputeMedian(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0
            ? throw new ArgumentException("The median requires at least one value.", nameof(values))
            : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>
    /// Our values divided by the peer's, pair by pair, so that whatever slows down both runs of a pair cancels out. Pairs that
    /// lack a value, or in which the peer's value is 0, are left out.
    /// </summary>
    /// <returns>Null if no pair is left.</returns>
    public static Ratio? ComputePairwiseRatio(IReadOnlyList<double?> ours, IReadOnlyList<double?> peers)
    {
        var ratios = ours.Zip(peers)
            .Where(pair => pair.First is not null && pair.Second is not null and not 0)
            .Select(pair => pair.First!.Value / pair.Second!.Value)
            .ToArray();
        return ratios.Length == 0 ? null : new Ratio(ComputeMedian(ratios), ratios.Min(), ratios.Max(), ratios.Length);
    }
}
