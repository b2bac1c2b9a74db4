using MetricsRelay.Exposition;

namespace MetricsRelay.RemoteWrite;

/// <summary>Follows the series of one source from scrape to scrape, and ends those that went away.</summary>
internal sealed class TargetSeries
{
    private SeriesLabels? _labels;
    private int[] _seen = [];
    private List<int> _last = [];
    private List<int> _now = [];
    private int _scrape;

    /// <summary>Adds the samples of a scrape, and the end of each series that it no longer has.</summary>
    /// <param name="snapshot">The samples, null when the scrape failed: then all series end.</param>
    /// <param name="milliseconds">When the scrape began.</param>
    /// <param name="request">Takes them.</param>
    public void Add(Snapshot? snapshot, long milliseconds, WriteRequest request)
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
            _scrape = 0;
        }

        _scrape++;
        if (_seen.Length < snapshot.Catalog.SeriesCount)
        {
            Array.Resize(ref _seen, snapshot.Catalog.SeriesCount * 2);
        }

        _now.Clear();
        foreach (ref readonly var sample in snapshot.Samples)
        {
            var own = sample.Timestamp != Sample.NoTimestamp;
            request.Add(_labels[sample.Series], sample.Value, own ? sample.Timestamp : milliseconds);
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
                request.Add(_labels[series], WriteRequest.Stale, milliseconds);
            }
        }

        (_last, _now) = (_now, _last);
    }

    /// <summary>Ends every series.</summary>
    public void End(long milliseconds, WriteRequest request)
    {
        foreach (var series in _last)
        {
            request.Add(_labels![series], WriteRequest.Stale, milliseconds);
        }

        _last.Clear();
    }
}
