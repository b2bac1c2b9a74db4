using Agent.Remote;

namespace Agent.Tests.Remote;

public sealed class LabelMatcherTests
{
    private readonly LabelMatcher _labels = new(["positive", "neutral", "negative"]);

    [Theory]
    [InlineData("positive", "positive")]
    [InlineData("**Negative.**", "negative")]
    [InlineData("NEUTRAL, not positive", "neutral")]
    [InlineData("Pos", null)]
    [InlineData("", null)]
    public void First_label_is_found_regardless_of_case_and_punctuation(string content, string? label) =>
        Assert.Equal(label, _labels.FindLabel(content));
}
