using MetricsRelay.Exposition;

namespace MetricsRelay.Forwarding.RemoteWrite;

/// <summary>Writes the samples of one source, tracks its series between scrapes, and ends series that are missing.</summary>
/// <param name="ownership">Decides between several sources of a series; null when no other source has the same series.</param>
internal sealed class SourceSeriesTracker(SeriesOwnership? ownership)
{
    private EncodedSeriesLabels? _labels;
    private int[] _lastScrapes = [];
    private ExemplarDeduplicator _exemplars = new();
    private List<int> _previousSeries = [];
    private List<int> _currentSeries = [];
    private int _scrapeNumber;
    private int? _order;

    /// <summary>Adds the samples of a scrape, and ends the series that are missing in it.</summary>
    /// <param name="buffer">The samples, or null when the scrape failed: then all series end.</param>
    /// <param name="milliseconds">The start of the scrape.</param>
    /// <param name="request">Receives the samples.</param>
    /// <param name="order">The position of the source among sources that may have the same series, or null.</param>
    public void AddScrape(ScrapeBuffer? buffer, long milliseconds, WriteRequestBuilder request, int? order)
    {
        if (buffer is null)
        {
            EndAllSeries(milliseconds, request);
            return;
        }

        if (_labels?.Catalog != buffer.Catalog)
        {
            UseCatalog(buffer.Catalog, milliseconds, request);
        }

        _order = order;
        _scrapeNumber++;
        if (_lastScrapes.Length < buffer.Catalog.SeriesCount)
        {
            Array.Resize(ref _lastScrapes, buffer.Catalog.SeriesCount * 2);
        }

        _currentSeries.Clear();
        foreach (ref readonly var sample in buffer.Samples)
        {
            AddSample(buffer, in sample, milliseconds, request);
        }

        foreach (var seriesId in _previousSeries)
        {
            if (_lastScrapes[seriesId] != _scrapeNumber)
            {
                EndSeries(seriesId, milliseconds, request);
            }
        }

        (_previousSeries, _currentSeries) = (_currentSeries, _previousSeries);
    }

    public void EndAllSeries(long milliseconds, WriteRequestBuilder request)
    {
        foreach (var seriesId in _previousSeries)
        {
            EndSeries(seriesId, milliseconds, request);
        }

        _previousSeries.Clear();
    }

    // A new catalog assigns new ids. The series of the old catalog end one millisecond earlier, so that a series that continues is not
    // ended by its own marker.
    private void UseCatalog(SeriesCatalog catalog, long milliseconds, WriteRequestBuilder request)
    {
        EndAllSeries(milliseconds - 1, request);
        _labels = new EncodedSeriesLabels(catalog);
        _lastScrapes = [];
        _exemplars = new ExemplarDeduplicator();
        _scrapeNumber = 0;
    }

    private void AddSample(ScrapeBuffer buffer, in Sample sample, long milliseconds, WriteRequestBuilder request)
    {
        var timestamp = buffer.GetTimestamp(in sample);
        var hasTimestamp = timestamp != Sample.NoTimestamp;
        var time = hasTimestamp ? timestamp : milliseconds;
        var labels = _labels![sample.SeriesId];
        if (!hasTimestamp && _order is { } order && !ownership!.TryAcquire(labels, this, order, time))
        {
            return;
        }

        var family = buffer.Catalog.Series[sample.SeriesId].Output;
        request.AddSample(labels, sample.Value, time, family, _exemplars.GetNewExemplar(buffer, sample));
        // A series with timestamps is not ended by a marker: as in Prometheus, it ends by its age.
        if (!hasTimestamp && _lastScrapes[sample.SeriesId] != _scrapeNumber)
        {
            _lastScrapes[sample.SeriesId] = _scrapeNumber;
            _currentSeries.Add(sample.SeriesId);
        }
    }

    private void EndSeries(int seriesId, long milliseconds, WriteRequestBuilder request)
    {
        var labels = _labels![seriesId];
        if (_order is null || ownership!.TryRelease(labels, this, milliseconds))
        {
            request.AddSample(labels, WriteRequestBuilder.StalenessMarker, milliseconds, _labels.Catalog.Series[seriesId].Output, default);
        }
    }
}
