namespace Bench.Harness;

/// <summary>All runs of one contender.</summary>
/// <param name="Contender">The contender.</param>
/// <param name="Runs">In the order of the pairs; null for a run that failed.</param>
/// <param name="NotRun">Why the contender did not run or stopped running; null if all runs succeeded.</param>
internal sealed record ContenderResult(Contender Contender, IReadOnlyList<Measurement?> Runs, string? NotRun)
{
    /// <summary>The value of each run; null where it is missing.</summary>
    public IReadOnlyList<double?> GetValues(Metric metric) => [.. Runs.Select(run => run?[metric])];

    /// <summary>The median over all runs; null if no run has the metric.</summary>
    public double? ComputeMedian(Metric metric) =>
        GetValues(metric).OfType<double>().ToArray() is { Length: > 0 } values ? Statistics.ComputeMedian(values) : null;
}
