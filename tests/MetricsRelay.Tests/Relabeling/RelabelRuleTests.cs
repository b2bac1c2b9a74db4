using MetricsRelay.Exposition;
using MetricsRelay.Relabeling;

namespace MetricsRelay.Tests.Relabeling;

/// <summary>The relabel actions of Prometheus: their defaults and corner cases.</summary>
public sealed class RelabelRuleTests
{
    [Theory]
    // replace
    [InlineData("Replace", "a", "(.*)", "b", "$1", "a=x", "a=x b=x")]
    [InlineData("Replace", "a", "x", "b", "y", "a=x", "a=x b=y")]
    [InlineData("Replace", "a", "x", "b", "y", "a=xx", "a=xx")]
    [InlineData("Replace", "a,b", "(.*);(.*)", "c", "$2-$1", "a=x b=y", "a=x b=y c=y-x")]
    [InlineData("Replace", "a", "(.)(.*)", "${1}_$2", "v", "a=xyz", "a=xyz x_yz=v")]
    [InlineData("Replace", "a", "(.*)", "a", "", "a=x b=y", "b=y")]
    [InlineData("Replace", "missing", "(.*)", "b", "$1", "b=y", "")]
    [InlineData("Replace", "a", "(.*)", "not-a-name", "$1", "a=x", "a=x")]
    [InlineData("Replace", "a", "(?P<first>.).*", "b", "${first}$$", "a=xyz", "a=xyz b=x$")]
    [InlineData("Replace", "a", "(.*)", "b", "$1x", "a=x", "a=x")]
    [InlineData("Replace", "__name__", "old_(.*)", "__name__", "new_$1", "__name__=old_a", "__name__=new_a")]
    // keep and drop
    [InlineData("Keep", "a", "x.*", "", "$1", "a=xyz", "a=xyz")]
    [InlineData("Keep", "a", "y", "", "$1", "a=xyz", null)]
    [InlineData("Drop", "a", "xyz", "", "$1", "a=xyz", null)]
    [InlineData("Drop", "a", "yz", "", "$1", "a=xyz", "a=xyz")]
    [InlineData("Drop", "__name__", "go_.*", "", "$1", "__name__=go_threads", null)]
    // labels by name
    [InlineData("LabelDrop", "", "b.*", "", "$1", "a=1 b=2 bc=3", "a=1")]
    [InlineData("LabelKeep", "", "a|__name__", "", "$1", "__name__=n a=1 b=2", "__name__=n a=1")]
    [InlineData("LabelMap", "", "k8s_(.*)", "", "$1", "k8s_pod=p b=2", "k8s_pod=p b=2 pod=p")]
    [InlineData("LabelMap", "", "a(.*)", "", "x", "a1=1 a2=2", "a1=1 a2=2 x=2")]
    public void Rule_changes_labels_in_the_same_way_as_prometheus(
        string action, string source, string regex, string target, string replacement, string labels, string? expected)
    {
        var list = labels.Split(' ').Select(l => l.Split('=')).Select(p => new Label(p[0], p[1])).ToList();
        var rule = new RelabelRule(new RelabelRuleOptions
        {
            Action = Enum.Parse<RelabelAction>(action),
            SourceLabels = source.Split(',', StringSplitOptions.RemoveEmptyEntries),
            Regex = regex,
            TargetLabel = target,
            Replacement = replacement,
        });

        var kept = rule.ApplyTo(list);

        Assert.Equal(expected, kept ? string.Join(' ', list.Select(l => $"{l.Name}={l.Value}")) : null);
    }

    [Fact]
    public async Task Dropped_and_renamed_series_still_form_one_group_per_family()
    {
        await using var target = await FakeTarget.StartAsync(
            "# HELP go_a Go.\n# TYPE go_a gauge\ngo_a 1\n# TYPE x gauge\nx{secret=\"s\",a=\"1\"} 1\nx{secret=\"t\",a=\"1\"} 2\n"
            + "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n"
            + "# TYPE k histogram\nk_bucket{le=\"1\"} 1\nk_bucket{le=\"+Inf\"} 2\nk_sum 1\nk_count 2\nz 5\n"
            + "# TYPE torn histogram\ntorn_bucket{le=\"+Inf\"} 2\ntorn_sum 1\ntorn_count 2\n");
        using var fixture = ScrapeFixture.Create(
            options => options.Relabel =
            [
                new() { Action = RelabelAction.Drop, SourceLabels = ["__name__"], Regex = "go_.*" },
                new() { Action = RelabelAction.LabelDrop, Regex = "secret" },
                new() { SourceLabels = ["__name__"], Regex = "h(_.*)", TargetLabel = "__name__", Replacement = "renamed${1}" },
                new() { SourceLabels = ["__name__"], Regex = "z", TargetLabel = "__name__", Replacement = "x" },
                new() { Action = RelabelAction.Drop, SourceLabels = ["__name__", "le"], Regex = "k_bucket;1" },
                new() { Action = RelabelAction.Drop, SourceLabels = ["__name__"], Regex = "torn_count" },
            ],
            target);

        var result = await fixture.ScrapeAsync();
        var text = await fixture.WriteAsync();

        Assert.Null(result.Error);
        Assert.DoesNotContain("go_a", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE renamed histogram\nrenamed_bucket{le=\"1\"} 1\nrenamed_bucket{le=\"+Inf\"} 2\nrenamed_sum 1\nrenamed_count 2\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE k histogram\nk_bucket{le=\"+Inf\"} 2\nk_sum 1\nk_count 2\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE torn_bucket untyped\n", text, StringComparison.Ordinal);
        // A rule made two series equal: the first is kept.
        Assert.Contains("x{a=\"1\"} 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("x{a=\"1\"} 2\n", text, StringComparison.Ordinal);
        ExpositionText.Parse(text, ExpositionFormat.Text);
        ExpositionText.Parse(await fixture.WriteAsync(ExpositionFormat.OpenMetrics), ExpositionFormat.OpenMetrics);

        var first = text;
        await fixture.ScrapeAsync();
        Assert.Equal(WithoutDuration(first), WithoutDuration(await fixture.WriteAsync()));
    }

    [Theory]
    [InlineData("--Relabel:0:Regex=(", "Relabel:0:Regex")]
    [InlineData("--Relabel:0:Action=replace", "Relabel:0:TargetLabel")]
    [InlineData("--Relabel:0:Action=hashmod", "Relabel:0:Action")]
    public async Task Invalid_rule_is_rejected_with_its_configuration_key(string flag, string key)
    {
        var (exitCode, _, errors) = await RelayProcess.RunAsync(flag);

        Assert.Equal(2, exitCode);
        Assert.Contains(key, errors, StringComparison.Ordinal);
    }

    private static string WithoutDuration(string text) =>
        string.Join('\n', text.Split('\n').Where(line => !line.StartsWith("scrape_duration", StringComparison.Ordinal)));
}
