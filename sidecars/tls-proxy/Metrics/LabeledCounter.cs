using System.Collections.Concurrent;
using Prometheus;

namespace TlsProxy.Metrics;

/// <summary>A counter with one label. The values known in advance are exported as 0 from the first scrape.</summary>
internal sealed class LabeledCounter
{
    private readonly Counter _counter;
    private readonly ConcurrentDictionary<string, Counter.Child> _children = new(StringComparer.Ordinal);

    public LabeledCounter(IMetricFactory metrics, string name, string help, string label, params ReadOnlySpan<string> knownValues)
    {
        _counter = metrics.CreateCounter(name, help, [label]);
        foreach (var value in knownValues)
        {
            _children[value] = _counter.WithLabels(value);
        }
    }

    /// <param name="value">The label's value, from a bounded set.</param>
    public void IncrementFor(string value) =>
        (_children.TryGetValue(value, out var child) ? child : _children.GetOrAdd(value, v => _counter.WithLabels(v))).Inc();
}
