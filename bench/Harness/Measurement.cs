namespace Bench.Harness;

/// <summary>The values that one run of one contender measured.</summary>
internal sealed class Measurement
{
    private readonly Dictionary<Metric, double> _values = [];

    /// <summary>The metrics in the order in which they were set, which is their order in the report.</summary>
    public IEnumerable<Metric> Metrics => _values.Keys;

    /// <summary>The value of a metric; null if it was not measured.</summary>
    public double? this[Metric metric]
    {
        get => _values.TryGetValue(metric, out var value) ? value : null;
        set
        {
            if (value is not null)
            {
                _values[metric] = value.Value;
            }
        }
    }
}
