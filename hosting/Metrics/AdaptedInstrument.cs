using System.Collections.Concurrent;
using System.Globalization;
using Prometheus;
using SeriesByTags = System.Collections.Concurrent.ConcurrentDictionary<Hosting.Metrics.TagSet, System.Action<double>>
    .AlternateLookup<System.ReadOnlySpan<System.Collections.Generic.KeyValuePair<string, object?>>>;

namespace Hosting.Metrics;

/// <summary>
/// One instrument in the registry. Tag names are known only from its measurements and may differ between them, so each
/// combination of label names becomes one collector of the same family: a tag without a value is a label that is absent.
/// </summary>
/// <remarks>
/// Increments of counters are collected here and moved to the registry at each scrape. The runtime counts exceptions in the middle of
/// throwing them: a throw inside the registry would otherwise enter it again while its locks are held, which ends the process.
/// </remarks>
internal sealed class AdaptedInstrument
{
    private readonly ConcurrentDictionary<TagSet, Action<double>> _series = new(new TagSetComparer());
    private readonly SeriesByTags _seriesByTags;
    private readonly ConcurrentQueue<PendingIncrement> _increments = new();
    private readonly IMetricFactory _metrics;
    private readonly string _name;
    private readonly string _help;
    private readonly InstrumentKind _kind;
    private readonly double[] _bounds;
    private readonly SeriesLimit _limit;
    private int _seriesCount;

    public AdaptedInstrument(IMetricFactory metrics, string name, string help, InstrumentKind kind, double[] bounds, SeriesLimit limit)
    {
        (_metrics, _name, _help, _kind, _bounds, _limit) = (metrics, name, help, kind, bounds, limit);
        _seriesByTags = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    public void RecordMeasurement(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_seriesByTags.TryGetValue(tags, out var update) || TryAddSeries(tags, out update))
        {
            update(value);
        }
        else
        {
            _limit.CountDropped(_name);
        }
    }

    /// <summary>Moves the increments of a counter to the registry.</summary>
    public void PublishIncrements()
    {
        foreach (var increment in _increments)
        {
            increment.MoveToRegistry();
        }
    }

    private bool TryAddSeries(ReadOnlySpan<KeyValuePair<string, object?>> tags, out Action<double> update)
    {
        if (Interlocked.Increment(ref _seriesCount) > _limit.MaxSeries)
        {
            Interlocked.Decrement(ref _seriesCount);
            update = IgnoreMeasurement;
            return false;
        }

        var key = new TagSet(tags.ToArray());
        var increment = _kind is InstrumentKind.Counter ? new PendingIncrement(() => CreateSeries(key.Tags)) : null;
        var added = increment is null ? CreateSeries(key.Tags) : increment.AddIncrement;
        update = _series.GetOrAdd(key, added);
        if (update != added)
        {
            Interlocked.Decrement(ref _seriesCount);
        }
        else if (increment is not null)
        {
            _increments.Enqueue(increment);
        }

        return true;
    }

    private Action<double> CreateSeries(KeyValuePair<string, object?>[] tags)
    {
        try
        {
            var labels = ConvertLabels(tags);
            return CreateSeries([.. labels.Keys], [.. labels.Values]);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // An exception would reach the code that measures, such as ASP.NET Core in the middle of a request.
            _limit.ReportRejected(_name, exception);
            return IgnoreMeasurement;
        }
    }

    private Action<double> CreateSeries(string[] names, string[] values)
    {
        switch (_kind)
        {
            case InstrumentKind.Counter:
                var counter = _metrics.CreateCounter(_name, _help, names).WithLabels(values);
                return value => counter.Inc(value);
            case InstrumentKind.ObservedCounter:
                return _metrics.CreateCounter(_name, _help, names).WithLabels(values).IncTo;
            case InstrumentKind.UpDownCounter:
                var gauge = _metrics.CreateGauge(_name, _help, names).WithLabels(values);
                return value => gauge.Inc(value);
            case InstrumentKind.Gauge:
                return _metrics.CreateGauge(_name, _help, names).WithLabels(values).Set;
            default:
                var buckets = new HistogramConfiguration { Buckets = _bounds };
                return _metrics.CreateHistogram(_name, _help, names, buckets).WithLabels(values).Observe;
        }
    }

    private static void IgnoreMeasurement(double value)
    {
    }

    private static SortedDictionary<string, string> ConvertLabels(KeyValuePair<string, object?>[] tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (tag, value) in tags)
        {
            var text = value switch
            {
                bool flag => flag ? "true" : "false",
                _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
            };

            // Two tags may become one label; the specification joins their values.
            var label = MetricName.FromTag(tag);
            labels[label] = labels.TryGetValue(label, out var first) ? $"{first};{text}" : text;
        }

        foreach (var (label, _) in labels.Where(entry => entry.Value.Length == 0).ToList())
        {
            labels.Remove(label);
        }

        return labels;
    }
}
