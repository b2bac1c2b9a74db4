using MetricsRelay.Exposition;

namespace MetricsRelay.Tests.Parsing;

/// <summary>Each rule of the OpenMetrics 1.0 specification.</summary>
public sealed class OpenMetricsTests
{
    [Theory]
    // Overall structure.
    [InlineData("# EOF\n", 0)]
    [InlineData("# EOF", 0)]
    [InlineData("a 1\n# EOF\n", 1)]
    // Numbers and timestamps.
    [InlineData("a 1\nb 0042\nc 1.89e-7\nd +Inf\ne -inf\nf NaN\ng .5\nh 5.\ni INFINITY\n# EOF\n", 9)]
    [InlineData("a 17.0 1520879607.789\nb 1 -1.5e3\n# EOF\n", 2)]
    // Metadata in any order; an empty HELP or UNIT equals a missing one.
    [InlineData("# TYPE foo_seconds counter\n# UNIT foo_seconds seconds\n# HELP foo_seconds Some text and \\n some \\\" escaping\n# EOF\n", 0)]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1\n# EOF\n", 1)]
    [InlineData("# HELP a \n# UNIT a \n# TYPE a gauge\na 1\n# EOF\n", 1)]
    // Labels.
    [InlineData("a{} 1\n# EOF\n", 1)]
    [InlineData("a{x=\"\r\"} 1\n# EOF\n", 1)]
    [InlineData("a{x=\"\",y=\"\\a \\\\ \\n \\\"\"} 1\n# EOF\n", 1)]
    // Gauge.
    [InlineData("# TYPE foo gauge\nfoo{a=\"bb\"} 17.0\nfoo{a=\"ccc\"} 17.0\n# EOF\n", 2)]
    [InlineData("# TYPE foo gauge\nfoo 17.0 123\nfoo 18.0 456\n# EOF\n", 2)]
    // Counter.
    [InlineData("# TYPE foo counter\nfoo_total 17.0 1520879607.789\nfoo_created 1520430000.123 1520879607.789\n# EOF\n", 2)]
    [InlineData("# TYPE foo counter\nfoo_total 17 # {trace_id=\"x\"} 1 1.5\n# EOF\n", 1)]
    [InlineData("# TYPE foo counter\nfoo_total 17 1 # {} 1\n# EOF\n", 1)]
    // StateSet.
    [InlineData("# TYPE foo stateset\nfoo{entity=\"c\",foo=\"a\"} 1.0\nfoo{entity=\"c\",foo=\"bb\"} 0.0\nfoo{entity=\"r\",foo=\"a\"} 1.0\n# EOF\n", 3)]
    // Info.
    [InlineData("# TYPE foo info\nfoo_info{entity=\"c\",name=\"pretty name\",version=\"8.2.7\"} 1.0\nfoo_info{entity=\"r\"} 1\n# EOF\n", 2)]
    // Summary: quantiles in any order, points one after another.
    [InlineData("# TYPE foo summary\nfoo{quantile=\"0.99\"} 150.0\nfoo{quantile=\"0.95\"} NaN\nfoo_count 17.0\nfoo_sum 324789.3\nfoo_created 1520430000.123\n# EOF\n", 5)]
    [InlineData("# TYPE foo_seconds summary\n# UNIT foo_seconds seconds\nfoo_seconds_count{a=\"bb\"} 0 123\nfoo_seconds_sum{a=\"bb\"} 0 123\nfoo_seconds_count{a=\"bb\"} 0 456\nfoo_seconds_sum{a=\"bb\"} 0 456\nfoo_seconds_count{a=\"ccc\"} 0 123\nfoo_seconds_sum{a=\"ccc\"} 0 123\n# EOF\n", 6)]
    // Histogram.
    [InlineData("# TYPE foo histogram\nfoo_bucket{le=\"0.0\"} 0\nfoo_bucket{le=\"1e-05\"} 0\nfoo_bucket{le=\"1e+23\"} 16\nfoo_bucket{le=\"+Inf\"} 17\nfoo_count 17\nfoo_sum 324789.3\nfoo_created 1520430000.123\n# EOF\n", 7)]
    [InlineData("# TYPE foo histogram\nfoo_bucket{le=\"0.1\"} 8 # {} 0.054\nfoo_bucket{le=\"10\"} 17 # {trace_id=\"oHg5SJYRHA0\"} 9.8 1520879607.789\nfoo_bucket{le=\"+Inf\"} 17\n# EOF\n", 3)]
    [InlineData("# TYPE foo histogram\nfoo_bucket{le=\"-1\"} 1\nfoo_bucket{le=\"+Inf\"} 1\n# EOF\n", 2)]
    // GaugeHistogram.
    [InlineData("# TYPE foo gaugehistogram\nfoo_bucket{le=\"-1\"} 20.0\nfoo_bucket{le=\"+Inf\"} 42.0\nfoo_gcount 42.0\nfoo_gsum -3289.3\n# EOF\n", 4)]
    // Unknown.
    [InlineData("# TYPE foo unknown\nfoo 42.23\n# EOF\n", 1)]
    // The quoted names of Prometheus.
    [InlineData("# TYPE \"a.b\" counter\n{\"a.b_total\",\"x.y\"=\"1\"} 1\n# EOF\n", 1)]
    public void Exposition_that_the_specification_allows_is_parsed_with_all_samples(string text, int samples)
    {
        var buffer = ExpositionText.Parse(text, ExpositionFormat.OpenMetrics);

        Assert.Equal(samples, buffer.Samples.Length);
    }

    [Theory]
    [InlineData("", "# EOF")]
    [InlineData("a 1\n", "# EOF")]
    [InlineData("a 1\n# EO", "only '# TYPE'")]
    [InlineData("a 1\n# EOF\n\n", "nothing may follow")]
    [InlineData("a 1\n# EOF\nb 1\n", "nothing may follow")]
    [InlineData("# EOF\n# EOF\n", "nothing may follow")]
    [InlineData("\n# EOF\n", "blank lines")]
    [InlineData("a 1\r\n# EOF\n", "carriage return")]
    [InlineData("a 1\n# EOF\r\n", "carriage return")]
    [InlineData("a 1 # EOF\n", "single space|an exemplar is|not a timestamp")]
    [InlineData("\uFEFFa 1\n# EOF\n", "not a metric name")]
    [InlineData("# a comment\n# EOF\n", "only '# TYPE'")]
    [InlineData("#TYPE a gauge\n# EOF\n", "only '# TYPE'")]
    [InlineData("# TYPE  a gauge\n# EOF\n", "name is missing")]
    [InlineData("# TYPE a  gauge\n# EOF\n", "not a type")]
    [InlineData("# TYPE a gauge \n# EOF\n", "not a type")]
    [InlineData("# TYPE a untyped\n# EOF\n", "not a type")]
    [InlineData("# TYPE a Gauge\n# EOF\n", "not a type")]
    [InlineData("# TYPE a\n# EOF\n", "single space")]
    [InlineData("# HELP a \"quoted\"\n# EOF\n", "double quote")]
    [InlineData("# HELP a x\\\n# EOF\n", "backslash")]
    // Blanks.
    [InlineData(" a 1\n# EOF\n", "not a metric name")]
    [InlineData("a  1\n# EOF\n", "value is missing")]
    [InlineData("a\t1\n# EOF\n", "not a metric name|single space")]
    [InlineData("a 1 \n# EOF\n", "not a timestamp")]
    [InlineData("a 1  2\n# EOF\n", "not a timestamp")]
    [InlineData("a{ x=\"1\"} 1\n# EOF\n", "not a label name")]
    [InlineData("a {x=\"1\"} 1\n# EOF\n", "not a number")]
    [InlineData("a{x=\"1\",} 1\n# EOF\n", "comma")]
    [InlineData("a{x=\"1\", y=\"2\"} 1\n# EOF\n", "not a label name")]
    // Labels.
    [InlineData("a{x=\"1\",x=\"2\"} 1\n# EOF\n", "occurs twice")]
    [InlineData("a{__x=\"1\"} 1\n# EOF\n", "reserved")]
    // Numbers.
    [InlineData("a 0x1\n# EOF\n", "not a number")]
    [InlineData("a 1_000\n# EOF\n", "not a number")]
    [InlineData("a +nan\n# EOF\n", "not a number")]
    [InlineData("a 1e400\n# EOF\n", "not a number")]
    [InlineData("a 1 NaN\n# EOF\n", "not a timestamp")]
    [InlineData("a 1 Inf\n# EOF\n", "not a timestamp")]
    // Metadata.
    [InlineData("# TYPE a gauge\n# TYPE a gauge\n# EOF\n", "second TYPE")]
    [InlineData("# HELP a x\n# HELP a x\n# EOF\n", "second HELP")]
    [InlineData("# UNIT a_s s\n# UNIT a_s s\n# EOF\n", "second UNIT")]
    [InlineData("a 1\n# TYPE a gauge\n# EOF\n", "before its samples")]
    [InlineData("# TYPE foo counter\n# UNIT foo seconds\n# EOF\n", "must end with its unit")]
    [InlineData("# TYPE fooseconds counter\n# UNIT fooseconds seconds\n# EOF\n", "must end with its unit")]
    [InlineData("# TYPE a_x info\n# UNIT a_x x\n# EOF\n", "must not have a unit")]
    [InlineData("# TYPE a_x stateset\n# UNIT a_x x\n# EOF\n", "must not have a unit")]
    [InlineData("# TYPE a gauge\n# UNIT a m/s\n# EOF\n", "not a unit")]
    // Families.
    [InlineData("a{x=\"1\"} 1\nb 1\na{x=\"2\"} 1\n# EOF\n", "must be consecutive")]
    [InlineData("# TYPE a counter\na_total 1\n# TYPE a_total gauge\n# EOF\n", "already used by the family")]
    [InlineData("# TYPE a gauge\n# TYPE a_sum gauge\n# TYPE a summary\n# EOF\n", "must be consecutive")]
    [InlineData("# TYPE a_created gauge\na_created 1\n# TYPE a counter\na_total 1\n# EOF\n", "already used by the family")]
    [InlineData("# TYPE a info\na_info 1\n# TYPE a gauge\n# EOF\n", "second TYPE|before its samples|must be consecutive")]
    // Series and metrics.
    [InlineData("# TYPE a gauge\na 1\na 1\n# EOF\n", "occurs twice")]
    [InlineData("# TYPE a gauge\na{x=\"1\"} 1 1\na{x=\"2\"} 1 1\na{x=\"1\"} 1 2\n# EOF\n", "occurs twice")]
    [InlineData("# TYPE a gauge\na 1 2\na 1 1\n# EOF\n", "must increase")]
    [InlineData("# TYPE a gauge\na 1 1\na 1 1\n# EOF\n", "must increase")]
    [InlineData("# TYPE a gauge\na 1 1\na 1\n# EOF\n", "either all points of a metric have timestamps or none")]
    [InlineData("# TYPE a counter\na_total{x=\"1\"} 1\na_total{x=\"2\"} 1\na_created{x=\"1\"} 1\n# EOF\n", "mixed")]
    [InlineData("# TYPE a summary\na_count{x=\"1\"} 0 1\na_count{x=\"2\"} 0 1\na_count{x=\"1\"} 0 2\n# EOF\n", "mixed")]
    [InlineData("# TYPE a summary\na_count 0 123\na_count 0 456\na_sum 0 123\na_sum 0 456\n# EOF\n", "must increase")]
    // Counter.
    [InlineData("# TYPE a counter\na 1\n# EOF\n", "exactly the name")]
    [InlineData("# TYPE a counter\na_total NaN\n# EOF\n", "neither NaN nor negative")]
    [InlineData("# TYPE a counter\na_total -1\n# EOF\n", "neither NaN nor negative")]
    [InlineData("# TYPE a counter\na_created 1\n# EOF\n", "no sample '_total'")]
    // StateSet.
    [InlineData("# TYPE a stateset\na{a=\"x\"} 2\n# EOF\n", "0 or 1")]
    [InlineData("# TYPE a stateset\na{b=\"x\"} 1\n# EOF\n", "'a' is missing")]
    // Info.
    [InlineData("# TYPE a info\na_info 2\n# EOF\n", "must be 1")]
    [InlineData("# TYPE a info\na 1\n# EOF\n", "exactly the name")]
    // Summary.
    [InlineData("# TYPE a summary\na 1\n# EOF\n", "'quantile' is missing")]
    [InlineData("# TYPE a summary\na{quantile=\"1.01\"} 1\n# EOF\n", "between 0 and 1")]
    [InlineData("# TYPE a summary\na{quantile=\"0.5\"} -1\n# EOF\n", "must not be negative")]
    [InlineData("# TYPE a summary\na_count{quantile=\"0.5\"} 1\n# EOF\n", "only a quantile")]
    [InlineData("# TYPE a summary\na_count 1.5\n# EOF\n", "whole number")]
    [InlineData("# TYPE a summary\na_sum -1\n# EOF\n", "neither NaN nor negative")]
    [InlineData("# TYPE a summary\na_sum NaN\n# EOF\n", "neither NaN nor negative")]
    // Histogram.
    [InlineData("# TYPE a histogram\na_bucket{le=\"1\"} 1\n# EOF\n", "+Inf")]
    [InlineData("# TYPE a histogram\na_count 1\na_sum 1\n# EOF\n", "+Inf")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\n# EOF\n", "ascending order")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"1.0\"} 1\na_bucket{le=\"+Inf\"} 1\n# EOF\n", "ascending order")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n# EOF\n", "cumulative")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1.5\n# EOF\n", "whole number")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"+Inf\"} NaN\n# EOF\n", "whole number")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"NaN\"} 1\n# EOF\n", "not a number")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 2\na_sum 1\n# EOF\n", "differs")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\n# EOF\n", "both a sum and a count")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n# EOF\n", "both a sum and a count")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\na_sum -1\n# EOF\n", "neither NaN nor negative")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"-1\"} 1\na_bucket{le=\"+Inf\"} 1\na_count 1\na_sum 1\n# EOF\n", "negative bucket")]
    // GaugeHistogram.
    [InlineData("# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 1\na_gcount 1\na_gsum -1\n# EOF\n", "negative sum")]
    // Exemplars.
    [InlineData("# TYPE a gauge\na 1 # {} 1\n# EOF\n", "only the total of a counter")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"1\"} 1 # {} 2\na_bucket{le=\"+Inf\"} 1\n# EOF\n", "within its bucket")]
    [InlineData("# TYPE a counter\na_total 1 # {x=\"1\"}\n# EOF\n", "single space")]
    [InlineData("# TYPE a counter\na_total 1 # x\n# EOF\n", "an exemplar is")]
    [InlineData("# TYPE a counter\na_total 1 #{} 1\n# EOF\n", "an exemplar is")]
    [InlineData("# TYPE a counter\na_total 1 # {} 1 NaN\n# EOF\n", "not a timestamp")]
    [InlineData("# TYPE a counter\na_total 1 # {} 1 1 1\n# EOF\n", "not a timestamp")]
    public void Exposition_that_the_specification_forbids_is_rejected_with_the_reason(string text, string reasons)
    {
        var rejected = ExpositionText.ParseInvalid(text, ExpositionFormat.OpenMetrics);

        Assert.Contains(reasons.Split('|'), reason => rejected.Reason.Contains(reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(128)]
    [InlineData(129)]
    public void Labels_of_an_exemplar_are_limited_to_128_characters_not_bytes(int characters)
    {
        // The name counts too.
        var text = $"# TYPE a counter\na_total 1 # {{xy=\"{new string('é', characters - 2)}\"}} 1\n# EOF\n";
        if (characters <= 128)
        {
            Assert.Equal(1, ExpositionText.Parse(text, ExpositionFormat.OpenMetrics).Samples.Length);
            return;
        }

        Assert.Equal((2, 13), ExpositionText.ParseInvalid(text, ExpositionFormat.OpenMetrics) is var e ? (e.Line, e.Column) : default);
    }

    [Fact]
    public void Position_of_an_error_counts_lines_and_characters_from_one()
    {
        var rejected = ExpositionText.ParseInvalid("# TYPE a gauge\na{x=\"é\"} one\n# EOF\n", ExpositionFormat.OpenMetrics);

        Assert.Equal((2, 10), (rejected.Line, rejected.Column));
        Assert.Equal("line 2, column 10: 'one' is not a number", rejected.Message);
    }
}
