using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Parsing;

namespace MetricsRelay.Tests.Parsing;

public sealed class SeriesTextParserTests
{
    [Theory]
    [InlineData("a", false, "a", "")]
    [InlineData("a { x = \"1\" , y=\"2\", }", false, "a", "x=1 y=2")]
    [InlineData("{\"a.b\",\"x.y\"=\"1\"}", true, "a.b", "x.y=1")]
    [InlineData("a{x=\"\\\\ \\\"\"}", true, "a", "x=\\ \"")]
    public void Name_and_labels_are_parsed_and_unescaped(string text, bool isOpenMetrics, string name, string labels)
    {
        var parser = new SeriesTextParser();

        Assert.Equal(name, Parse(parser, text, isOpenMetrics));
        Assert.Equal(labels, string.Join(' ', parser.Labels.Select(label => $"{label.Name}={label.Value}")));
    }

    [Fact]
    public void Labels_of_the_previous_series_are_removed()
    {
        var parser = new SeriesTextParser();
        Parse(parser, "a{x=\"1\"}", isOpenMetrics: false);
        Parse(parser, "b{y=\"2\"}", isOpenMetrics: false);

        Assert.Equal([new Label("y", "2")], parser.Labels);
    }

    private static string Parse(SeriesTextParser parser, string text, bool isOpenMetrics)
    {
        var line = new ExpositionLine(Encoding.UTF8.GetBytes(text), 1, isOpenMetrics);
        return parser.ParseSeries(in line, 0, line.FindSeriesEnd(0));
    }
}
