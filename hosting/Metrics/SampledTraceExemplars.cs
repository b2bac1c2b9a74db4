using System.Diagnostics;
using Prometheus;

namespace Hosting.Metrics;

/// <summary>
/// The default exemplar of every metric: <c>trace_id</c> and <c>span_id</c> of the current activity if it is sampled.
/// An unsampled trace is never exported, so an exemplar would refer to a trace that does not exist.
/// </summary>
internal static class SampledTraceExemplars
{
    public static ExemplarBehavior CreateBehavior() => new()
    {
        DefaultExemplarProvider = static (_, _) => Activity.Current is { Recorded: true } ? Exemplar.FromTraceContext() : Exemplar.None,
        NewExemplarMinInterval = TimeSpan.Zero,
    };
}
