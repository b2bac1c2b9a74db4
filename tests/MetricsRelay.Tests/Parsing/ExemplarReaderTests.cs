using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Parsing;

namespace MetricsRelay.Tests.Parsing;

public sealed class ExemplarReaderTests
{
    [Theory]
    [InlineData("# {} 1", "{} 1")]
    [InlineData("# {id=\"}\"} 0.5 12.5", "{id=\"}\"} 0.5 12.5")]
    public void Valid_exemplar_is_returned_from_its_brace(string text, string expected) => Assert.Equal(expected, Read(text, bound: 1));

    [Theory]
    [InlineData("# {} 2", "within its bucket")]
    [InlineData("# {__x=\"1\"} 1", "empty or reserved")]
    [InlineData("# {x=\"1\",x=\"2\"} 1", "occurs twice")]
    [InlineData("# {x=\"1\";} 1", "comma or the closing brace")]
    [InlineData("# {} one", "not the value of an exemplar")]
    public void Invalid_exemplar_is_rejected_with_the_reason(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<ExpositionFormatException>(() => Read(text, bound: 1)).Reason, StringComparison.Ordinal);

    private static string Read(string text, double bound)
    {
        var line = new ExpositionLine(Encoding.UTF8.GetBytes(text), 1, isOpenMetrics: true);
        return Encoding.UTF8.GetString(ExemplarReader.ReadExemplar(in line, 0, new Series { Kind = SampleKind.Bucket, Bound = bound }));
    }
}
