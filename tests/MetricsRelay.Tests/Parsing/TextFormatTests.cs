using MetricsRelay.Exposition;
using MetricsRelay.Parsing;

namespace MetricsRelay.Tests.Parsing;

/// <summary>Each rule of the text format 0.0.4 in "Exposition formats" of Prometheus.</summary>
public sealed class TextFormatTests
{
    [Theory]
    // Lines end with a line feed; empty lines are ignored.
    [InlineData("a 1\n", 1)]
    [InlineData("", 0)]
    [InlineData("\n\na 1\n\n", 1)]
    [InlineData("   \t \na 1\n", 1)]
    // Tokens are separated by any number of blanks and tabs; leading and trailing ones are ignored.
    [InlineData(" \ta \t 1 \t 2  \n", 1)]
    [InlineData("a { x = \"1\" , y=\"2\" } 1\n", 1)]
    // A line that starts with # is a comment unless its first token is HELP or TYPE.
    [InlineData("# anything\n#\n#TYPO a b c\n  # more\na 1\n", 1)]
    [InlineData("# HELP a the help\n# TYPE a gauge\na 1\n", 1)]
    [InlineData("#HELP a the help\n#\tTYPE\ta  gauge \na 1\n", 1)]
    [InlineData("# TYPE a gauge\n# HELP a the help\na 1\n", 1)]
    [InlineData("# HELP a\n# TYPE a untyped\n", 0)]
    [InlineData("# HELP a back\\\\slash and line\\nfeed and \"quotes\"\na 1\n", 1)]
    // Names.
    [InlineData("_a:b_1{_x1=\"\"} 1\n", 1)]
    [InlineData(":a 1\n", 1)]
    // A trailing comma is allowed.
    [InlineData("a{x=\"1\",} 1\n", 1)]
    [InlineData("a{} 1\n", 1)]
    // Any UTF-8 in values, with three escapes.
    [InlineData("a{x=\"\\\\ \\\" \\n é 漢 { } , = \"} 1\n", 1)]
    // Numbers as in Go, with NaN, +Inf and -Inf.
    [InlineData("a NaN\nb +Inf\nc -Inf\nd inf\ne -infinity\nf nan\n", 6)]
    [InlineData("a 1e3\nb 1.5E-7\nc .5\nd 5.\ne +1\nf -0\ng 007\n", 7)]
    // Timestamps are whole milliseconds, negative before 1970.
    [InlineData("a 1 1395066363000\nb 1 -3982045\nc 1 0\n", 3)]
    // The histogram and the summary of the specification.
    [InlineData("# TYPE h histogram\nh_bucket{le=\"0.05\"} 24054\nh_bucket{le=\"1\"} 133988\nh_bucket{le=\"+Inf\"} 144320\nh_sum 53423\nh_count 144320\n", 5)]
    [InlineData("# TYPE s summary\ns{quantile=\"0.01\"} 3102\ns{quantile=\"0.99\"} 76656\ns_sum 1.7560473e+07\ns_count 2693\n", 4)]
    [InlineData("# TYPE s summary\ns_sum 0\ns_count 0\ns{quantile=\"0.5\"} NaN\n", 3)]
    // Without TYPE, a name that ends in _bucket is not part of a histogram.
    [InlineData("h_bucket{le=\"1\"} 1\n", 1)]
    // The metrics of one family may be mixed, as long as the lines of the family are one group.
    [InlineData("# TYPE h histogram\nh_bucket{a=\"1\",le=\"+Inf\"} 1\nh_bucket{a=\"2\",le=\"+Inf\"} 2\nh_sum{a=\"1\"} 1\nh_sum{a=\"2\"} 1\nh_count{a=\"1\"} 1\nh_count{a=\"2\"} 2\n", 6)]
    // The quoted names of 1.0.0.
    [InlineData("# TYPE \"my.name\" gauge\n{\"my.name\",\"la.bel\"=\"x\"} 1\n{\"my.name\"} 2\n", 2)]
    public void Exposition_that_the_specification_allows_is_parsed_with_all_samples(string text, int samples)
    {
        var buffer = ExpositionText.Parse(text, ExpositionFormat.Text);

        Assert.Equal(samples, buffer.Samples.Length);
    }

    [Theory]
    [InlineData("a 1", 1, 4, "line feed")]
    [InlineData("a 1\nb 2", 2, 4, "line feed")]
    [InlineData("a 1\r\n", 1, 3, "not a number")]
    [InlineData("a\n", 1, 2, "value is missing")]
    [InlineData("a{x=\"1\"}\n", 1, 9, "value is missing")]
    [InlineData("a{x=\"1\"}1\n", 1, 9, "blank")]
    [InlineData("1a 1\n", 1, 1, "not a metric name")]
    [InlineData("a-b 1\n", 1, 2, "not a metric name")]
    [InlineData("é 1\n", 1, 1, "not a metric name")]
    [InlineData("a{1x=\"1\"} 1\n", 1, 3, "not a label name")]
    [InlineData("a{x:y=\"1\"} 1\n", 1, 4, "'='")]
    [InlineData("a{x} 1\n", 1, 4, "'='")]
    [InlineData("a{x=1} 1\n", 1, 5, "double quotes")]
    [InlineData("a{x='1'} 1\n", 1, 5, "double quotes")]
    [InlineData("a{x=\"1\" y=\"2\"} 1\n", 1, 9, "comma")]
    [InlineData("a{x=\"1\",,} 1\n", 1, 9, "not a label name")]
    [InlineData("a{,} 1\n", 1, 3, "not a label name")]
    [InlineData("a{x=\"1\",x=\"2\"} 1\n", 1, 9, "occurs twice")]
    [InlineData("a{__name__=\"b\"} 1\n", 1, 3, "reserved")]
    [InlineData("a{x=\"1} 1\n", 1, 5, "closing double quote")]
    [InlineData("a{x=\"1\" 1\n", 1, 2, "closing brace")]
    [InlineData("a{x=\"\\t\"} 1\n", 1, 6, "escape")]
    [InlineData("# HELP a bad \\x escape\n", 1, 14, "escape")]
    [InlineData("# HELP a end \\\n", 1, 14, "escaped")]
    [InlineData("a 1_2\n", 1, 3, "not a number")]
    [InlineData("a 0x1p-2\n", 1, 3, "not a number")]
    [InlineData("a 1e\n", 1, 3, "not a number")]
    [InlineData("a e5\n", 1, 3, "not a number")]
    [InlineData("a 1e999\n", 1, 3, "not a number")]
    [InlineData("a +NaN\n", 1, 3, "not a number")]
    [InlineData("a --1\n", 1, 3, "not a number")]
    [InlineData("a one\n", 1, 3, "not a number")]
    [InlineData("a 1 1.5\n", 1, 5, "milliseconds")]
    [InlineData("a 1 x\n", 1, 5, "milliseconds")]
    [InlineData("a 1 9223372036854775808\n", 1, 5, "milliseconds")]
    [InlineData("a 1 2 3\n", 1, 7, "nothing may follow")]
    [InlineData("a 1 # {} 1\n", 1, 5, "milliseconds")]
    [InlineData("# TYPE a\n", 1, 9, "type is missing")]
    [InlineData("# TYPE\n", 1, 7, "name is missing")]
    [InlineData("# HELP\n", 1, 7, "name is missing")]
    [InlineData("# TYPE a counter extra\n", 1, 18, "nothing may follow")]
    [InlineData("# TYPE a Counter\n", 1, 10, "not a type")]
    [InlineData("# TYPE a unknown\n", 1, 10, "not a type")]
    [InlineData("# TYPE a info\n", 1, 10, "not a type")]
    [InlineData("# TYPE a gauge\n# TYPE a gauge\n", 2, 1, "second TYPE")]
    [InlineData("# HELP a x\n# HELP a y\n", 2, 1, "second HELP")]
    [InlineData("a 1\n# TYPE a gauge\n", 2, 8, "before its samples")]
    [InlineData("a 1\n# HELP a x\n", 2, 8, "before its samples")]
    [InlineData("a{x=\"1\"} 1\nb 1\na{x=\"2\"} 1\n", 3, 1, "must be consecutive")]
    [InlineData("# TYPE a gauge\n# TYPE b gauge\na 1\n", 3, 1, "must be consecutive")]
    [InlineData("# TYPE a gauge\na 1\nb 1\n# HELP a x\n", 4, 1, "must be consecutive")]
    [InlineData("a 1\na 2\n", 2, 1, "occurs twice")]
    [InlineData("a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n", 2, 1, "occurs twice")]
    [InlineData("a{x=\"\"} 1\na 1\n", 2, 1, "occurs twice")]
    [InlineData("a 1 10\na 2 20\n", 2, 1, "occurs twice")]
    [InlineData("# TYPE h histogram\nh 1\n", 2, 1, "exactly the name")]
    [InlineData("# TYPE h histogram\nh_bucket 1\n", 2, 1, "'le' is missing")]
    [InlineData("# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", 2, 1, "not a number")]
    [InlineData("# TYPE h histogram\nh_bucket{le=\"NaN\"} 1\n", 2, 1, "not a number")]
    [InlineData("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n", 4, 1, "+Inf")]
    [InlineData("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n", 4, 1, "differs")]
    [InlineData("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\n", 3, 1, "no sample '_count'")]
    [InlineData("# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n", 3, 1, "ascending order")]
    [InlineData("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1.0\"} 1\n", 3, 1, "ascending order")]
    [InlineData("# TYPE h histogram\nh_count{le=\"1\"} 1\n", 2, 1, "only a bucket")]
    [InlineData("# TYPE s summary\ns 1\n", 2, 1, "'quantile' is missing")]
    [InlineData("# TYPE s summary\ns{quantile=\"1.5\"} 1\n", 2, 1, "between 0 and 1")]
    [InlineData("# TYPE s summary\ns{quantile=\"0.9\"} 1\ns{quantile=\"0.5\"} 1\n", 3, 1, "ascending order")]
    [InlineData("{} 1\n", 1, 1, "name is missing")]
    [InlineData("{\"a\",\"b\"} 1\n", 1, 6, "second metric name")]
    public void Exposition_that_the_specification_forbids_is_rejected_with_its_position(string text, int line, int column, string reason)
    {
        var rejected = ExpositionText.ParseInvalid(text, ExpositionFormat.Text);

        Assert.Contains(reason, rejected.Reason, StringComparison.Ordinal);
        Assert.Equal((line, column), (rejected.Line, rejected.Column));
    }

    [Fact]
    public void Hundreds_of_names_without_metadata_are_parsed_as_families()
    {
        var text = string.Concat(Enumerable.Range(0, 500).Select(i => $"a{i} {i}\n"));

        Assert.Equal(500, ExpositionText.Parse(text, ExpositionFormat.Text).Families.Length);
    }

    [Fact]
    public void Byte_that_is_not_utf8_is_rejected_with_its_position()
    {
        byte[] body = [.. "a 1\nb{x=\"é"u8, 0xFF, .. "\"} 1\n"u8];

        var rejected = Assert.Throws<ExpositionFormatException>(() => ExpositionText.Parse(body, ExpositionFormat.Text));

        Assert.Equal((2, 7), (rejected.Line, rejected.Column));
    }

    [Fact]
    public void Line_that_never_ends_is_rejected_at_the_limit()
    {
        var rejected = ExpositionText.ParseInvalid("# " + new string('x', 2 << 20), ExpositionFormat.Text);

        Assert.Contains("longer than", rejected.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Escape_sequences_in_help_and_labels_are_unescaped()
    {
        var buffer = ExpositionText.Parse("# HELP a one\\ntwo\\\\three\na{x=\"\\\"q\\\" \\\\ \\n\"} 1\n", ExpositionFormat.Text);
        var labels = new List<Label>();
        var series = buffer.Catalog.Series[buffer.Samples[0].SeriesId];

        Assert.Equal("one\ntwo\\three"u8.ToArray(), buffer.Families[0].Family.Help);
        Assert.Equal("a", LabelText.ParseSeries(buffer.Catalog.Outputs.GetText(series), labels));
        Assert.Equal([new Label("x", "\"q\" \\ \n")], labels);
    }

    [Fact]
    public void Values_are_parsed_exactly_to_the_last_bit()
    {
        string[] values = ["0.1", "1.7560473e+07", "123456789012345678", "4.9e-324", "1.7976931348623157e308", "0.30000000000000004", "9007199254740993", "-0", "2.5", "1234567890.123456789"];
        var text = string.Concat(values.Select((value, i) => $"a{i} {value}\n"));

        var samples = ExpositionText.Parse(text, ExpositionFormat.Text).Samples.ToArray();

        Assert.Equal(
            values.Select(value => BitConverter.DoubleToInt64Bits(double.Parse(value, System.Globalization.CultureInfo.InvariantCulture))),
            samples.Select(sample => BitConverter.DoubleToInt64Bits(sample.Value)));
    }
}
