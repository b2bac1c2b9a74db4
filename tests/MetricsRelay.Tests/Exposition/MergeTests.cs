using MetricsRelay.Exposition;
using MetricsRelay.Merge;

namespace MetricsRelay.Tests.Exposition;

public sealed class MergeTests
{
    [Fact]
    public async Task A_family_of_two_targets_is_one_group_with_one_help_and_one_type()
    {
        var a = Parsed.Of("# TYPE x gauge\nx{i=\"a\"} 1\n# HELP y Help of y.\n# TYPE y_total counter\ny_total{i=\"a\"} 1\n", ExpositionFormat.Text);
        var b = Parsed.Of("# TYPE y counter\n# HELP y Another help.\ny_total{i=\"b\"} 2\n# TYPE x gauge\n# HELP x Help of x.\nx{i=\"b\"} 2\n# TYPE z gauge\nz 1\n# EOF\n", ExpositionFormat.OpenMetrics);

        var written = await Parsed.WriteAsync([("a", a), ("b", b)], ExpositionFormat.Text);

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
    public async Task A_family_of_another_type_is_left_out_at_the_later_target_and_named()
    {
        var a = Parsed.Of("# TYPE x gauge\nx 1\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n", ExpositionFormat.Text);
        var b = Parsed.Of("# TYPE x counter\nx 2\nx{a=\"b\"} 3\n# TYPE h_count gauge\nh_count 4\n# TYPE only_b gauge\nonly_b 1\n", ExpositionFormat.Text);

        var merged = MergedExposition.Of([("a", a), ("b", b)]);
        var written = await Parsed.WriteAsync([("a", a), ("b", b)], ExpositionFormat.Text);

        Assert.Equal([("b", "x", 2), ("b", "h_count", 1)], merged.Conflicts.Select(c => (c.Target, c.Family, c.Samples)));
        Assert.Contains("is a counter here and a gauge at an earlier target", merged.Conflicts[0].Reason, StringComparison.Ordinal);
        Assert.Equal(5, Parsed.Of(written, ExpositionFormat.Text).Samples.Length);
        Assert.Contains("only_b 1\n", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_info_and_a_gauge_of_the_same_name_agree_on_a_gauge()
    {
        var a = Parsed.Of("# TYPE build info\nbuild_info{v=\"1\"} 1\n# EOF\n", ExpositionFormat.OpenMetrics);
        var b = Parsed.Of("# TYPE build_info gauge\nbuild_info{v=\"2\"} 7\n", ExpositionFormat.Text);

        var written = await Parsed.WriteAsync([("a", a), ("b", b)], ExpositionFormat.OpenMetrics);

        Assert.Equal("# TYPE build_info gauge\nbuild_info{v=\"1\"} 1\nbuild_info{v=\"2\"} 7\n# EOF\n", written);
    }

    [Fact]
    public async Task Of_a_series_that_two_targets_have_the_first_is_kept()
    {
        var a = Parsed.Of("x{i=\"1\",j=\"2\"} 1\nx{i=\"2\"} 2\n", ExpositionFormat.Text);
        var b = Parsed.Of("x{i=\"0\"} 9\nx{j=\"2\",i=\"1\"} 9\nx{i=\"3\"} 3\n", ExpositionFormat.Text);

        var written = await Parsed.WriteAsync([("a", a), ("b", b)], ExpositionFormat.Text, mayOverlap: true);

        Assert.Equal("# TYPE x untyped\nx{i=\"1\",j=\"2\"} 1\nx{i=\"2\"} 2\nx{i=\"0\"} 9\nx{i=\"3\"} 3\n", written);
    }

    [Fact]
    public void A_snapshot_is_free_only_when_its_last_reader_has_gone()
    {
        var freed = 0;
        var snapshot = new Snapshot(_ => freed++);
        snapshot.Begin(new Catalog(ExpositionFormat.Text, AsIs.Instance));
        var merged = MergedExposition.Of([("a", snapshot)]);
        Assert.True(merged.TryLease());

        snapshot.Release();
        merged.Release();
        Assert.Equal(0, freed);
        merged.Release();

        Assert.Equal(1, freed);
        Assert.False(merged.TryLease());
        Assert.False(snapshot.TryLease());
    }
}
