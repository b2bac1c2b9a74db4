using System.Text.Json.Nodes;
using Agent.Classifier;
using Agent.Tests.Support;

namespace Agent.Tests.Classifier;

public sealed class WeightsFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_was_written_is_read_and_answers_the_same()
    {
        var original = WeightsFile.LoadBuiltIn();
        File.WriteAllBytes(_directory.File("model.json"), original.ToBytes());

        var read = WeightsFile.Load(_directory.File("model.json"));

        Assert.Equal(original.ToClassifier().Predict("not bad at all"), read.ToClassifier().Predict("not bad at all"));
    }

    [Theory]
    [InlineData("format", "\"other/9\"", "format")]
    [InlineData("features", "7", "train it anew")]
    [InlineData("labels", "[\"one\"]", "labels")]
    [InlineData("labels", "[\"a\",\"b\",\"b\"]", "labels")]
    [InlineData("name", "\"\"", "name")]
    [InlineData("bias", "[1]", "biases")]
    [InlineData("weights", "\"AAAA\"", null)]
    [InlineData("weights", "\"AAAAAAAAAAAA\"", "power of two")]
    [InlineData("weights", "\"\"", "power of two")]
    [InlineData("weights", "\"?\"", "not a weights file")]
    public void A_file_that_does_not_fit_is_refused_with_the_reason(string field, string value, string? reason)
    {
        var json = JsonNode.Parse(WeightsFile.LoadBuiltIn().ToBytes())!;
        json[field] = JsonNode.Parse(value);
        var path = _directory.File("model.json");
        File.WriteAllText(path, json.ToJsonString());

        if (reason is null)
        {
            // One bucket is a poor model, but a model.
            Assert.Equal(3, WeightsFile.Load(path).ToClassifier().Labels.Count);
            return;
        }

        var refused = Assert.Throws<InvalidDataException>(() => WeightsFile.Load(path));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\0\u0001\u0002")]
    public void Anything_else_is_refused(string content)
    {
        File.WriteAllText(_directory.File("model.json"), content);

        Assert.Throws<InvalidDataException>(() => WeightsFile.Load(_directory.File("model.json")));
    }
}
