using System.Text;
using MetricsRelay.Parsing;

namespace MetricsRelay.Tests.Parsing;

public sealed class ExpositionLineTests
{
    [Theory]
    [InlineData("a 1", false, 1)]
    [InlineData("a{x=\"1\"} 1", false, 8)]
    [InlineData("a{x=\"}\\\"}\"} 1", false, 11)]
    [InlineData("a  {x=\"1\"} 1", false, 10)]
    [InlineData("a  {x=\"1\"} 1", true, 1)]
    [InlineData("a", true, 1)]
    public void End_of_a_series_is_found_despite_quotes_and_blanks(string text, bool isOpenMetrics, int end) =>
        Assert.Equal(end, CreateLine(text, isOpenMetrics).FindSeriesEnd(0));

    [Theory]
    [InlineData("\"a\\\\b\\n\\\"\"", false, null)]
    [InlineData("\"a\\x\"", false, "is not an escape sequence")]
    [InlineData("\"a\\x\"", true, null)]
    [InlineData("\"a", true, "closing double quote is missing")]
    public void Escape_sequences_are_validated_by_the_rules_of_the_format(string text, bool isOpenMetrics, string? reason)
    {
        int? end = null;
        var rejected = Record.Exception(() => end = CreateLine(text, isOpenMetrics).FindQuotedEnd(0)) as ExpositionFormatException;

        Assert.Equal(reason is null ? text.Length : null, end);
        Assert.Contains(reason ?? "", rejected?.Reason ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a  1", false, 3)]
    [InlineData("a 1", true, 2)]
    public void Separator_is_one_space_in_OpenMetrics_and_any_blanks_in_text(string text, bool isOpenMetrics, int end) =>
        Assert.Equal(end, CreateLine(text, isOpenMetrics).ReadSeparator(1, "a value"));

    [Fact]
    public void Column_of_an_error_counts_characters_instead_of_bytes()
    {
        var error = CreateLine("é漢x", isOpenMetrics: false, number: 3).CreateError(at: 5, "reason");

        Assert.Equal((3, 3, "line 3, column 3: reason"), (error.Line, error.Column, error.Message));
    }

    private static ExpositionLine CreateLine(string text, bool isOpenMetrics, int number = 1) =>
        new(Encoding.UTF8.GetBytes(text), number, isOpenMetrics);
}
