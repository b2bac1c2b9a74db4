namespace Bench.Frame;

/// <summary>Everything that a case yielded.</summary>
internal sealed record CaseResult(IBenchCase Case, MachineFacts Machine, int WarmUps, IReadOnlyList<ContenderResult> Contenders)
{
    public ContenderResult Ours => Contenders[0];

    public IEnumerable<ContenderResult> Peers => Contenders.Skip(1);

    /// <summary>Every quantity that any run yielded, ours first.</summary>
    public IReadOnlyList<Metric> Metrics =>
        [.. Contenders.SelectMany(contender => contender.Runs).OfType<Measurement>().SelectMany(run => run.Metrics).Distinct()];

    public Ratio? RatioTo(ContenderResult peer, Metric metric) => Statistics.PairwiseRatio(Ours.Values(metric), peer.Values(metric));
}
