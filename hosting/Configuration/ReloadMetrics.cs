using Prometheus;

namespace Hosting.Configuration;

/// <summary>Counts reloads. Both outcomes are 0 from the start, so that <c>increase()</c> sees the first one.</summary>
internal sealed class ReloadMetrics
{
    private readonly Counter.Child _applied;
    private readonly Counter.Child _rejected;

    public ReloadMetrics(IMetricFactory metrics, ProcessIdentity process)
    {
        var reloads = metrics.CreateCounter(
            $"{process.MetricPrefix}_config_reloads_total", "Configuration reloads, by outcome: applied or refused.", ["outcome"]);
        _applied = reloads.WithLabels("applied");
        _rejected = reloads.WithLabels("refused");
    }

    public void CountApplied() => _applied.Inc();

    public void CountRejected() => _rejected.Inc();
}
