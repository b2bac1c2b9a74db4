using MetricsRelay.Exposition;

namespace MetricsRelay.Otlp;

/// <summary>
/// Turns the samples of one source into OTLP's metric points, follows them from scrape to scrape (since when they count,
/// whether they began anew), and ends those that went away.
/// </summary>
internal sealed class MetricStream(MetricsMessage message)
{
    private Catalog? _catalog;
    private PointWriter? _points;
    private readonly Dictionary<(int Id, bool IsGroup), State> _states = [];
    private int _scrape;
    private string _name = "";

    /// <summary>Adds the points of a scrape, and the end of each that it no longer has.</summary>
    /// <param name="snapshot">The samples, null when the scrape failed: then all end.</param>
    /// <param name="milliseconds">When the scrape began.</param>
    public void Add(Snapshot? snapshot, long milliseconds)
    {
        if (snapshot is null)
        {
            End(milliseconds);
            return;
        }

        if (_catalog != snapshot.Catalog)
        {
            End(milliseconds - 1);
            _catalog = snapshot.Catalog;
            _points = new PointWriter(_catalog);
        }

        _scrape++;
        foreach (ref readonly var span in snapshot.Families)
        {
            var samples = snapshot.Samples.Slice(span.Start, span.Count);
            // A counted bucket cannot be less than nothing: a histogram whose buckets fall is passed on series by series.
            var whole = (span.Traits & (FamilyTraits.BreaksText | FamilyTraits.FallingBuckets)) == 0;
            if (whole && span.Family.Type is MetricType.Counter or MetricType.Histogram or MetricType.Summary)
            {
                AddMetrics(snapshot, span.Family, samples, milliseconds);
            }
            else
            {
                AddSingles(snapshot, span.Family, samples, milliseconds, whole && span.Family.Type != MetricType.GaugeHistogram);
            }
        }

        EndWhere(milliseconds, static (state, scrape) => state.Scrape != scrape);
    }

    /// <summary>Ends every point.</summary>
    public void End(long milliseconds) => EndWhere(milliseconds, static (_, _) => true);

    public void Finish() => message.Finish();

    // A metric's samples stand together: its buckets or quantiles, its count, its sum.
    private void AddMetrics(Snapshot snapshot, Family family, ReadOnlySpan<Sample> samples, long now)
    {
        var head = MetricHead.Of(family);
        message.Begin(head);
        for (var start = 0; start < samples.Length;)
        {
            var first = samples[start];
            var timestamp = snapshot.TimestampOf(in first);
            var group = _catalog!.Series[first.Series].Group;
            var end = start + 1;
            while (end < samples.Length && snapshot.TimestampOf(in samples[end]) == timestamp && _catalog.Series[samples[end].Series].Group == group)
            {
                end++;
            }

            var point = samples[start..end];
            start = end;
            var (value, created) = _points!.Measure(point);
            if (double.IsNaN(value) && family.Type != MetricType.Counter)
            {
                // A created sample alone, or a histogram of which a rule has dropped the count.
                continue;
            }

            var time = timestamp == Sample.NoTimestamp ? now : timestamp;
            var state = StateOf((group, true), head, first.Series, time);
            if (value < state.Value)
            {
                state.Start = state.Time;
            }

            if (created > 0)
            {
                state.Start = created;
            }

            (state.Value, state.Time, state.Scrape) = (value, time, _scrape);
            message.Add(_points.Write(head.Data, point, snapshot, state.Start, time), time);
        }
    }

    private void AddSingles(Snapshot snapshot, Family family, ReadOnlySpan<Sample> samples, long now, bool typed)
    {
        var head = MetricHead.Of(family);
        if (typed)
        {
            message.Begin(head);
        }

        _name = "";
        foreach (ref readonly var sample in samples)
        {
            if (!typed && _points!.NameOf(sample.Series) is var name && name != _name)
            {
                _name = name;
                message.Begin(head = MetricHead.Single(name, family));
            }

            var time = snapshot.TimestampOf(in sample) is not Sample.NoTimestamp and var own ? own : now;
            var state = StateOf((sample.Series, false), head, sample.Series, time);
            (state.Time, state.Scrape) = (time, _scrape);
            message.Add(_points!.WriteNumber(sample, state.Start, time), time);
        }
    }

    private State StateOf((int, bool) key, in MetricHead head, int series, long time)
    {
        if (!_states.TryGetValue(key, out var state))
        {
            _states.Add(key, state = new State { Head = head, Series = series, Start = time });
        }

        return state;
    }

    private void EndWhere(long milliseconds, Func<State, int, bool> ends)
    {
        List<(int, bool)>? gone = null;
        foreach (var (key, state) in _states)
        {
            if (ends(state, _scrape))
            {
                (gone ??= []).Add(key);
                message.Begin(state.Head);
                message.Add(_points!.WriteEnd(state.Head.Data, state.Series, state.Start, milliseconds), milliseconds);
            }
        }

        foreach (var key in gone ?? [])
        {
            _states.Remove(key);
        }
    }

    private sealed class State
    {
        public MetricHead Head { get; init; }

        public int Series { get; init; }

        public long Start { get; set; }

        public long Time { get; set; }

        public double Value { get; set; }

        public int Scrape { get; set; }
    }
}
