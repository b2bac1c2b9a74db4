using MetricsRelay.Exposition;
using MetricsRelay.Parsing;

namespace MetricsRelay.Tests.Parsing;

public sealed class MetricPointTrackerTests
{
    private readonly SeriesCatalog _catalog = new(ExpositionFormat.Text, PassThroughTransform.Instance);
    private readonly MetricPointTracker _points = new();
    private readonly OpenFamily _open = new();

    public MetricPointTrackerTests()
    {
        _catalog.ScrapeNumber++;
        _points.BeginScrape(_catalog);
    }

    [Fact]
    public void Series_may_occur_only_once_in_a_scrape()
    {
        var series = AddSeries(MetricType.Gauge, SampleKind.Value, "a");
        AddSample(series, 1);

        Assert.Contains("occurs twice", Assert.Throws<ExpositionFormatException>(() => AddSample(series, 2)).Reason, StringComparison.Ordinal);
        _catalog.ScrapeNumber++;
        _points.BeginScrape(_catalog);
        AddSample(series, 2);
    }

    [Fact]
    public void Violation_of_an_OpenMetrics_rule_is_recorded_for_a_text_family()
    {
        AddSample(AddSeries(MetricType.Counter, SampleKind.Total, "a_total"), -1);

        Assert.Equal(FamilyTraits.BreaksOpenMetrics, _open.Traits);
    }

    [Fact]
    public void Histogram_without_its_infinity_bucket_is_rejected_at_the_end()
    {
        AddSample(AddSeries(MetricType.Histogram, SampleKind.Bucket, "a", bound: 1), 1);

        Assert.Contains("+Inf", Assert.Throws<ExpositionFormatException>(() => _points.EndFamily(_open)).Reason, StringComparison.Ordinal);
    }

    private int AddSeries(MetricType type, SampleKind kind, string name, double bound = 0)
    {
        var family = _catalog.GetFamily(System.Text.Encoding.UTF8.GetBytes(name), type);
        _open.Open(family, 0);
        _points.BeginFamily();
        return _catalog.GetSeriesId(family, kind, name, [], bound, _catalog.AddSeriesText(System.Text.Encoding.UTF8.GetBytes(name), -1));
    }

    private void AddSample(int seriesId, double value)
    {
        var line = new ExpositionLine("line"u8, 1, isOpenMetrics: false);
        _points.AddSample(in line, new ParsedSample(seriesId, 0, 0, 0, value, double.NaN), ref _catalog.Series[seriesId], _open);
    }
}
