using MetricsRelay.Exposition;
using MetricsRelay.Parsing;

namespace MetricsRelay.Tests.Parsing;

public sealed class FamilyTrackerTests
{
    private readonly FamilyTracker _families = new(new MetricPointTracker());
    private readonly SeriesCatalog _catalog = new(ExpositionFormat.Text, PassThroughTransform.Instance);
    private readonly ScrapeBuffer _buffer = new();

    public FamilyTrackerTests()
    {
        _catalog.ScrapeNumber++;
        _buffer.BeginScrape(_catalog);
        _families.BeginScrape(_catalog, _buffer);
    }

    [Fact]
    public void Family_opens_only_after_all_its_metadata()
    {
        _families.DeclareHelp(default, 0, "a"u8, "Help."u8);
        Assert.Null(_families.Current.Family);
        _families.DeclareType(default, 0, "a"u8, MetricType.Gauge);
        _families.OpenPendingFamily();

        Assert.Equal(("a", MetricType.Gauge), (_families.Current.Family!.Name, _families.Current.Family.Type));
        Assert.Equal("Help."u8.ToArray(), _families.Current.Family.Help);
    }

    [Fact]
    public void Sample_of_another_name_closes_the_family_and_opens_an_untyped_one()
    {
        _families.DeclareType(default, 0, "a"u8, MetricType.Histogram);
        _families.OpenPendingFamily();

        Assert.Equal(SampleKind.Bucket, _families.AssignSample(default, 0, "a_bucket"u8));
        Assert.Equal(SampleKind.Value, _families.AssignSample(default, 0, "b"u8));
        Assert.Equal(("b", MetricType.Unknown), (_families.Current.Family!.Name, _families.Current.Family.Type));
        Assert.Equal("a", Assert.Single(_buffer.Families.ToArray()).Family.Name);
    }

    [Fact]
    public void Family_whose_samples_are_all_dropped_is_not_written()
    {
        _families.AssignSample(default, 0, "a"u8);
        _families.Current.HasDroppedSamples = true;
        _families.CloseFamily();

        Assert.Equal(0, _buffer.Families.Length);
    }
}
