namespace Bench.Frame;

/// <summary>The few numbers that a handful of runs allows.</summary>
internal static class Statistics
{
    /// <summary>The middle value; of an even count the mean of the two in the middle.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0
            ? throw new ArgumentException("The median of nothing does not exist.", nameof(values))
            : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>
    /// Ours divided by the peer's, pair by pair: what the machine did to both at the same time cancels out. Pairs that lack
    /// either value, or whose peer's is 0, do not count.
    /// </summary>
    /// <returns>Null if no pair counts.</returns>
    public static Ratio? PairwiseRatio(IReadOnlyList<double?> ours, IReadOnlyList<double?> peers)
    {
        var ratios = ours.Zip(peers)
            .Where(pair => pair.First is not null && pair.Second is not null and not 0)
            .Select(pair => pair.First!.Value / pair.Second!.Value)
            .ToArray();
        return ratios.Length == 0 ? null : new Ratio(Median(ratios), ratios.Min(), ratios.Max(), ratios.Length);
    }
}
