using MetricsRelay.Exposition;

namespace MetricsRelay.Forwarding.Otlp;

/// <summary>
/// Converts the samples of one source to OTLP points. Tracks each point between scrapes: its start time, counter resets, and its end
/// when the target no longer exposes it.
/// </summary>
internal sealed class SourcePointTracker(ExportRequestBuilder request)
{
    private SeriesCatalog? _catalog;
    private DataPointWriter? _points;
    private readonly Dictionary<(int Id, bool IsMetric), PointState> _states = [];
    private int _scrapeNumber;
    private string _currentName = "";

    /// <summary>Adds the points of a scrape, and ends the points that are missing in it.</summary>
    /// <param name="buffer">The samples, or null when the scrape failed: then all points end.</param>
    /// <param name="milliseconds">The start of the scrape.</param>
    public void AddScrape(ScrapeBuffer? buffer, long milliseconds)
    {
        if (buffer is null)
        {
            EndAllPoints(milliseconds);
            return;
        }

        if (_catalog != buffer.Catalog)
        {
            EndAllPoints(milliseconds - 1);
            _catalog = buffer.Catalog;
            _points = new DataPointWriter(_catalog);
        }

        _scrapeNumber++;
        foreach (ref readonly var span in buffer.Families)
        {
            var samples = buffer.Samples.Slice(span.Start, span.Count);
            // A bucket of OTLP cannot be negative, so a histogram with falling buckets is forwarded series by series.
            var keepsType = (span.Traits & (FamilyTraits.BreaksText | FamilyTraits.FallingBuckets)) == 0;
            if (keepsType && span.Family.Type is MetricType.Counter or MetricType.Histogram or MetricType.Summary)
            {
                AddMetricPoints(buffer, span.Family, samples, milliseconds);
            }
            else
            {
                AddSinglePoints(buffer, span.Family, samples, milliseconds, keepsType && span.Family.Type != MetricType.GaugeHistogram);
            }
        }

        EndPoints(milliseconds, static (state, scrapeNumber) => state.LastScrape != scrapeNumber);
    }

    public void EndAllPoints(long milliseconds) => EndPoints(milliseconds, static (_, _) => true);

    public void CompleteMessage() => request.CompleteMessage();

    // The samples of a metric are contiguous: its buckets or quantiles, its count, its sum.
    private void AddMetricPoints(ScrapeBuffer buffer, Family family, ReadOnlySpan<Sample> samples, long now)
    {
        var descriptor = MetricDescriptor.FromFamily(family);
        request.BeginMetric(descriptor);
        for (var start = 0; start < samples.Length;)
        {
            var end = FindPointEnd(buffer, samples, start);
            var point = samples[start..end];
            start = end;
            var (value, created) = _points!.ReadTotal(point);
            if (double.IsNaN(value) && family.Type != MetricType.Counter)
            {
                // Only a created sample, or a histogram whose count was dropped by a rule.
                continue;
            }

            var timestamp = buffer.GetTimestamp(in point[0]);
            var time = timestamp == Sample.NoTimestamp ? now : timestamp;
            var seriesId = point[0].SeriesId;
            var state = GetState((_catalog!.Series[seriesId].MetricId, true), descriptor, seriesId, time);
            if (value < state.Value)
            {
                // A counter reset: count from the previous point.
                state.Start = state.Time;
            }

            if (created > 0)
            {
                state.Start = created;
            }

            (state.Value, state.Time, state.LastScrape) = (value, time, _scrapeNumber);
            request.AddPoint(_points.WritePoint(descriptor.DataKind, point, buffer, state.Start, time), time);
        }
    }

    private int FindPointEnd(ScrapeBuffer buffer, ReadOnlySpan<Sample> samples, int start)
    {
        var timestamp = buffer.GetTimestamp(in samples[start]);
        var metricId = _catalog!.Series[samples[start].SeriesId].MetricId;
        var end = start + 1;
        while (end < samples.Length
            && buffer.GetTimestamp(in samples[end]) == timestamp
            && _catalog.Series[samples[end].SeriesId].MetricId == metricId)
        {
            end++;
        }

        return end;
    }

    private void AddSinglePoints(ScrapeBuffer buffer, Family family, ReadOnlySpan<Sample> samples, long now, bool keepsType)
    {
        var descriptor = MetricDescriptor.FromFamily(family);
        if (keepsType)
        {
            request.BeginMetric(descriptor);
        }

        _currentName = "";
        foreach (ref readonly var sample in samples)
        {
            if (!keepsType && _points!.ReadName(sample.SeriesId) is var name && name != _currentName)
            {
                _currentName = name;
                request.BeginMetric(descriptor = MetricDescriptor.ForSingleSeries(name, family));
            }

            var time = buffer.GetTimestamp(in sample) is not Sample.NoTimestamp and var timestamp ? timestamp : now;
            var state = GetState((sample.SeriesId, false), descriptor, sample.SeriesId, time);
            (state.Time, state.LastScrape) = (time, _scrapeNumber);
            request.AddPoint(_points!.WriteSinglePoint(sample, state.Start, time), time);
        }
    }

    private PointState GetState((int, bool) key, in MetricDescriptor descriptor, int seriesId, long time)
    {
        if (!_states.TryGetValue(key, out var state))
        {
            _states.Add(key, state = new PointState { Descriptor = descriptor, SeriesId = seriesId, Start = time });
        }

        return state;
    }

    private void EndPoints(long milliseconds, Func<PointState, int, bool> isEnded)
    {
        List<(int, bool)>? ended = null;
        foreach (var (key, state) in _states)
        {
            if (isEnded(state, _scrapeNumber))
            {
                (ended ??= []).Add(key);
                request.BeginMetric(state.Descriptor);
                request.AddPoint(
                    _points!.WriteEndPoint(state.Descriptor.DataKind, state.SeriesId, state.Start, milliseconds), milliseconds);
            }
        }

        foreach (var key in ended ?? [])
        {
            _states.Remove(key);
        }
    }

    private sealed class PointState
    {
        public MetricDescriptor Descriptor { get; init; }

        public int SeriesId { get; init; }

        public long Start { get; set; }

        public long Time { get; set; }

        public double Value { get; set; }

        public int LastScrape { get; set; }
    }
}
