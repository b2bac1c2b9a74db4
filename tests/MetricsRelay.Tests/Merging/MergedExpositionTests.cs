using MetricsRelay.Exposition;
using MetricsRelay.Merging;

namespace MetricsRelay.Tests.Merging;

public sealed class MergedExpositionTests
{
    [Fact]
    public async Task Family_of_two_targets_becomes_one_group_with_one_help_and_type()
    {
        var a = ExpositionText.Parse("# TYPE x gauge\nx{i=\"a\"} 1\n# HELP y Help of y.\n# TYPE y_total counter\ny_total{i=\"a\"} 1\n", ExpositionFormat.Text);
        var b = ExpositionText.Parse("# TYPE y counter\n# HELP y Another help.\ny_total{i=\"b\"} 2\n# TYPE x gauge\n# HELP x Help of x.\nx{i=\"b\"} 2\n# TYPE z gauge\nz 1\n# EOF\n", ExpositionFormat.OpenMetrics);

        var written = await ExpositionText.WriteAsync([("a", a), ("b", b)], ExpositionFormat.Text);

        Assert.Equal("""
            # HELP x Help of x.
            # TYPE x gauge
            x{i="a"} 1
            x{i="b"} 2
            # HELP y Help of y.
            # TYPE y untyped
            # HELP y_total Another help.
            # TYPE y_total counter
            y_total{i="a"} 1
            y_total{i="b"} 2
            # TYPE z gauge
            z 1

            """, written);
    }

    [Fact]
    public async Task Family_with_another_type_at_a_later_target_is_omitted_and_reported()
    {
        var a = ExpositionText.Parse("# TYPE x gauge\nx 1\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n", ExpositionFormat.Text);
        var b = ExpositionText.Parse("# TYPE x counter\nx 2\nx{a=\"b\"} 3\n# TYPE h_count gauge\nh_count 4\n# TYPE only_b gauge\nonly_b 1\n", ExpositionFormat.Text);

        var merged = MergedExposition.MergeSources([("a", a), ("b", b)]);
        var written = await ExpositionText.WriteAsync([("a", a), ("b", b)], ExpositionFormat.Text);

        Assert.Equal([("b", "x", 2), ("b", "h_count", 1)], merged.Conflicts.Select(c => (c.Target, c.Family, c.Samples)));
        Assert.Contains("is a counter here and a gauge at an earlier target", merged.Conflicts[0].Reason, StringComparison.Ordinal);
        Assert.Equal(5, ExpositionText.Parse(written, ExpositionFormat.Text).Samples.Length);
        Assert.Contains("only_b 1\n", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_and_gauge_with_the_same_name_become_a_gauge()
    {
        var a = ExpositionText.Parse("# TYPE build info\nbuild_info{v=\"1\"} 1\n# EOF\n", ExpositionFormat.OpenMetrics);
        var b = ExpositionText.Parse("# TYPE build_info gauge\nbuild_info{v=\"2\"} 7\n", ExpositionFormat.Text);

        var written = await ExpositionText.WriteAsync([("a", a), ("b", b)], ExpositionFormat.OpenMetrics);

        Assert.Equal("# TYPE build_info gauge\nbuild_info{v=\"1\"} 1\nbuild_info{v=\"2\"} 7\n# EOF\n", written);
    }

    [Fact]
    public async Task Series_of_two_targets_is_kept_only_from_the_first_target()
    {
        var a = ExpositionText.Parse("x{i=\"1\",j=\"2\"} 1\nx{i=\"2\"} 2\n", ExpositionFormat.Text);
        var b = ExpositionText.Parse("x{i=\"0\"} 9\nx{j=\"2\",i=\"1\"} 9\nx{i=\"3\"} 3\n", ExpositionFormat.Text);

        var written = await ExpositionText.WriteAsync([("a", a), ("b", b)], ExpositionFormat.Text, mayOverlap: true);

        Assert.Equal("# TYPE x untyped\nx{i=\"1\",j=\"2\"} 1\nx{i=\"2\"} 2\nx{i=\"0\"} 9\nx{i=\"3\"} 3\n", written);
    }

    [Fact]
    public void Buffer_is_released_only_after_its_last_reader_is_done()
    {
        var releasedCount = 0;
        var buffer = new ScrapeBuffer(_ => releasedCount++);
        buffer.BeginScrape(new SeriesCatalog(ExpositionFormat.Text, PassThroughTransform.Instance));
        var merged = MergedExposition.MergeSources([("a", buffer)]);
        Assert.True(merged.TryLease());

        buffer.ReleaseLease();
        merged.ReleaseLease();
        Assert.Equal(0, releasedCount);
        merged.ReleaseLease();

        Assert.Equal(1, releasedCount);
        Assert.False(merged.TryLease());
        Assert.False(buffer.TryLease());
    }
}
