using System.Collections.Concurrent;
using Prometheus;

namespace LogTailer.Metrics;

/// <summary>A counter of one sink with one more label. The series are cached by the value of that label.</summary>
internal sealed class LabeledCounter(Counter counter, string[] sinkLabel)
{
    private readonly ConcurrentDictionary<string, Counter.Child> _series = new(StringComparer.Ordinal);

    /// <summary>Creates the series of known values, so that they are 0 at the first scrape.</summary>
    public void InitializeSeries(ReadOnlySpan<string> values)
    {
        foreach (var value in values)
        {
            _ = GetSeries(value);
        }
    }

    public void IncrementSeries(string value) => GetSeries(value).Inc();

    private Counter.Child GetSeries(string value)
        => _series.TryGetValue(value, out var child) ? child : _series.GetOrAdd(value, counter.WithLabels([.. sinkLabel, value]));
}
