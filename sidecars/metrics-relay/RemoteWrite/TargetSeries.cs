using MetricsRelay.Exposition;
using MetricsRelay.Forward;

namespace MetricsRelay.RemoteWrite;

/// <summary>Follows the series of one source from scrape to scrape, and ends those that went away.</summary>
/// <param name="claims">Decides between several sources of a series, null when no other source has any of these.</param>
internal sealed class TargetSeries(Claims? claims)
{
    private SeriesLabels? _labels;
    private int[] _seen = [];
    private NewExemplars _exemplars = new();
    private List<int> _last = [];
    private List<int> _now = [];
    private int _scrape;
    private int? _order;

    /// <summary>Adds the samples of a scrape, and the end of each series that it no longer has.</summary>
    /// <param name="snapshot">The samples, null when the scrape failed: then all series end.</param>
    /// <param name="milliseconds">When the scrape began.</param>
    /// <param name="request">Takes them.</param>
    /// <param name="order">The source's place among those that may have the same series, null when none may.</param>
    public void Add(Snapshot? snapshot, long milliseconds, WriteRequest request, int? order)
    {
        if (snapshot is null)
        {
            End(milliseconds, request);
            return;
        }

        if (_labels?.Catalog != snapshot.Catalog)
        {
            // A new catalog numbers its series anew. What the old one had ends one moment before, so that a series which
            // goes on is not taken for one that ended.
            End(milliseconds - 1, request);
            _labels = new SeriesLabels(snapshot.Catalog);
            _seen = [];
            _exemplars = new NewExemplars();
            _scrape = 0;
        }

        _order = order;
        _scrape++;
        if (_seen.Length < snapshot.Catalog.SeriesCount)
        {
            Array.Resize(ref _seen, snapshot.Catalog.SeriesCount * 2);
        }

        _now.Clear();
        foreach (ref readonly var sample in snapshot.Samples)
        {
            var timestamp = snapshot.TimestampOf(in sample);
            var own = timestamp != Sample.NoTimestamp;
            var time = own ? timestamp : milliseconds;
            var labels = _labels[sample.Series];
            if (!own && order is { } place && !claims!.Claim(labels, this, place, time))
            {
                continue;
            }

            request.Add(labels, sample.Value, time, snapshot.Catalog.Series[sample.Series].Output, _exemplars.Of(snapshot, sample));
            if (!own && _seen[sample.Series] != _scrape)
            {
                _seen[sample.Series] = _scrape;
                _now.Add(sample.Series);
            }
        }

        foreach (var series in _last)
        {
            if (_seen[series] != _scrape)
            {
                EndOne(series, milliseconds, request);
            }
        }

        (_last, _now) = (_now, _last);
    }

    /// <summary>Ends every series.</summary>
    public void End(long milliseconds, WriteRequest request)
    {
        foreach (var series in _last)
        {
            EndOne(series, milliseconds, request);
        }

        _last.Clear();
    }

    private void EndOne(int series, long milliseconds, WriteRequest request)
    {
        var labels = _labels![series];
        if (_order is null || claims!.Release(labels, this, milliseconds))
        {
            request.Add(labels, WriteRequest.Stale, milliseconds, _labels.Catalog.Series[series].Output, default);
        }
    }
}
