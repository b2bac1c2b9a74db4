using System.Runtime.CompilerServices;
using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>
/// Assigns samples to the points of metrics. Rejects repeated series, metrics that are mixed with each other, and timestamps that do
/// not increase. <see cref="MetricPointRules"/> then checks the values of each point.
/// </summary>
internal sealed class MetricPointTracker
{
    private readonly List<int> _touchedMetrics = [];
    private SeriesCatalog _catalog = null!;
    private int _currentMetric = -1;
    private int _previousSeries = -1;
    private double _previousSeconds;

    public void BeginScrape(SeriesCatalog catalog)
    {
        _catalog = catalog;
        _touchedMetrics.Clear();
        _currentMetric = _previousSeries = -1;
    }

    public void BeginFamily() => _currentMetric = -1;

    /// <summary>Ends the points of all metrics of the family.</summary>
    public void EndFamily(OpenFamily family)
    {
        foreach (var metric in _touchedMetrics)
        {
            MetricPointRules.CheckCompletePoint(in _catalog.Metrics[metric], family);
        }

        _touchedMetrics.Clear();
    }

    public void AddSample(in ExpositionLine line, in ParsedSample sample, ref Series series, OpenFamily family)
    {
        if (series.MetricId < 0)
        {
            AddSingleSample(in line, in sample, ref series, family);
        }
        else
        {
            AddMetricSample(in line, in sample, ref series, family);
        }

        _previousSeries = sample.SeriesId;
        _previousSeconds = sample.Seconds;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddMetricSample(in ExpositionLine line, in ParsedSample sample, ref Series series, OpenFamily family)
    {
        ref var metric = ref _catalog.Metrics[series.MetricId];
        if (metric.ScrapeNumber != _catalog.ScrapeNumber)
        {
            metric.ScrapeNumber = _catalog.ScrapeNumber;
            metric.Order = family.NextMetricOrder++;
            BeginPoint(ref metric, sample.Seconds);
            _touchedMetrics.Add(series.MetricId);
        }
        else if (line.IsOpenMetrics && series.MetricId != _currentMetric)
        {
            throw line.CreateError(sample.Start, $"the samples of two metrics of '{family.Family!.Name}' are mixed");
        }
        else if (!metric.Timestamp.Equals(sample.Seconds))
        {
            if (line.IsOpenMetrics)
            {
                RequireLaterTimestamp(in line, in sample, metric.Timestamp, family);
                MetricPointRules.CheckCompletePoint(in metric, family);
                BeginPoint(ref metric, sample.Seconds);
            }
            else
            {
                // The text format allows a different timestamp for each sample of a metric.
                family.Traits |= FamilyTraits.BreaksOpenMetrics;
            }
        }

        if (series.Output is not null || !MetricPointRules.IsOptionalPart(in series))
        {
            metric.IsSplit |= metric.HasOutput && !ReferenceEquals(metric.Output, series.Output);
            metric.HasOutput = true;
            metric.Output = series.Output;
        }

        if (series.LastPoint == metric.PointNumber)
        {
            throw CreateDuplicateError(in line, in sample);
        }

        series.LastPoint = metric.PointNumber;
        metric.LastLine = line.Number;
        _currentMetric = series.MetricId;
        MetricPointRules.CheckSample(in line, in sample, in series, ref metric, family);
    }

    // A gauge, an info or an unknown value: each series is a metric by itself.
    private void AddSingleSample(in ExpositionLine line, in ParsedSample sample, ref Series series, OpenFamily family)
    {
        // Negative, so that it never equals the number of a metric point.
        var scrape = -_catalog.ScrapeNumber;
        if (series.LastPoint == scrape)
        {
            if (!line.IsOpenMetrics || sample.SeriesId != _previousSeries)
            {
                throw CreateDuplicateError(in line, in sample);
            }

            RequireLaterTimestamp(in line, in sample, _previousSeconds, family);
        }

        series.LastPoint = scrape;
        if (series.Kind == SampleKind.Info && sample.Value != 1)
        {
            throw line.CreateError(sample.ValueStart, "the value of an info must be 1");
        }
    }

    private void RequireLaterTimestamp(in ExpositionLine line, in ParsedSample sample, double previous, OpenFamily family)
    {
        if (double.IsNaN(previous) != double.IsNaN(sample.Seconds))
        {
            throw line.CreateError(sample.Start, "either all points of a metric have timestamps or none");
        }

        family.Traits |= FamilyTraits.ManyPoints;
        if (!(sample.Seconds > previous))
        {
            throw double.IsNaN(sample.Seconds)
                ? CreateDuplicateError(in line, in sample)
                : line.CreateError(sample.Start, "the timestamps of a metric must increase");
        }
    }

    private ExpositionFormatException CreateDuplicateError(in ExpositionLine line, in ParsedSample sample) =>
        line.CreateError(sample.Start, $"the series '{ExpositionLine.QuoteExcerpt(_catalog.Texts[sample.TextId])}' occurs twice");

    private void BeginPoint(ref MetricState metric, double seconds) => metric = new MetricState
    {
        ScrapeNumber = metric.ScrapeNumber,
        Order = metric.Order,
        PointNumber = ++_catalog.PointNumber,
        Timestamp = seconds,
    };
}
