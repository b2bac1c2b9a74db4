namespace Bench.Frame;

/// <summary>What one run of one contender yielded.</summary>
internal sealed class Measurement
{
    private readonly Dictionary<Metric, double> _values = [];

    /// <summary>In the order in which they were set, which is the order of the report.</summary>
    public IEnumerable<Metric> Metrics => _values.Keys;

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
