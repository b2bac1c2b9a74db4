using Agent.Classifier;

namespace Agent.Tests.Classifier;

public sealed class LinearClassifierTests
{
    private readonly LinearClassifier _classifier = WeightsFile.LoadBuiltIn().CreateClassifier();

    [Theory]
    [InlineData("what a lovely day", "positive")]
    [InlineData("I love this, thank you so much!", "positive")]
    [InlineData("The food was excellent and the staff were kind.", "positive")]
    [InlineData("This is terrible, I want my money back.", "negative")]
    [InlineData("not good", "negative")]
    [InlineData("I don't like it.", "negative")]
    [InlineData("The train leaves at nine from platform two.", "neutral")]
    [InlineData("The table is two metres long.", "neutral")]
    public void Simple_texts_are_classified_correctly(string text, string label) =>
        Assert.Equal(label, _classifier.PredictLabel(text).Label);

    [Theory]
    [InlineData("")]
    [InlineData(" \t\n ")]
    [InlineData("!?")]
    [InlineData("\ud83d\ude00")]
    [InlineData("\ud83d")]
    [InlineData("日本語のテキスト")]
    public void Unusual_texts_have_a_label_and_a_probability(string text)
    {
        var (label, score) = _classifier.PredictLabel(text);

        Assert.Contains(label, _classifier.Labels);
        Assert.InRange(score, 1.0 / 3, 1);
    }

    [Fact]
    public void Very_long_text_has_a_probability()
    {
        var (_, score) = _classifier.PredictLabel(new string('a', 1_000_000));

        Assert.InRange(score, 1.0 / 3, 1);
    }

    [Fact]
    public void Prediction_allocates_no_memory()
    {
        _classifier.PredictLabel("The first call may allocate.");

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _classifier.PredictLabel("The soup was rich, warm and exactly what I needed after the rain, wasn't it?");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
