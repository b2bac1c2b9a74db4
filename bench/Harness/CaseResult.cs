namespace Bench.Harness;

/// <summary>All results of a case.</summary>
internal sealed record CaseResult(IBenchCase Case, MachineFacts Machine, int WarmUps, IReadOnlyList<ContenderResult> Contenders)
{
    /// <summary>The program of this project.</summary>
    public ContenderResult Ours => Contenders[0];

    /// <summary>The programs that it is compared with.</summary>
    public IEnumerable<ContenderResult> Peers => Contenders.Skip(1);

    /// <summary>Every quantity that any run measured, ours first.</summary>
    public IReadOnlyList<Metric> Metrics =>
        [.. Contenders.SelectMany(contender => contender.Runs).OfType<Measurement>().SelectMany(run => run.Metrics).Distinct()];

    /// <summary>Our values divided by the peer's; null if no pair has both.</summary>
    public Ratio? ComputeRatio(ContenderResult peer, Metric metric) =>
        Statistics.ComputePairwiseRatio(Ours.GetValues(metric), peer.GetValues(metric));
}
