namespace Bench.Frame;

/// <summary>All runs of one contender.</summary>
/// <param name="Contender">Who.</param>
/// <param name="Runs">In the order of the pairs; a run that failed is null.</param>
/// <param name="NotRun">Why it did not run, or stopped; null if all went well.</param>
internal sealed record ContenderResult(Contender Contender, IReadOnlyList<Measurement?> Runs, string? NotRun)
{
    public IReadOnlyList<double?> Values(Metric metric) => [.. Runs.Select(run => run?[metric])];

    public double? Median(Metric metric) =>
        Values(metric).OfType<double>().ToArray() is { Length: > 0 } values ? Statistics.Median(values) : null;
}
