using System.Text.Json.Nodes;
using Agent.Classifier;

namespace Agent.Tests.Classifier;

public sealed class WeightsFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Written_weights_file_predicts_the_same_after_loading()
    {
        var original = WeightsFile.LoadBuiltIn();
        File.WriteAllBytes(_directory["model.json"], original.SerializeToBytes());

        var read = WeightsFile.LoadFile(_directory["model.json"]);

        Assert.Equal(original.CreateClassifier().PredictLabel("not bad at all"), read.CreateClassifier().PredictLabel("not bad at all"));
    }

    [Theory]
    [InlineData("format", "\"other/9\"", "format")]
    [InlineData("features", "7", "train it again")]
    [InlineData("labels", "[\"one\"]", "labels")]
    [InlineData("labels", "[\"a\",\"b\",\"b\"]", "labels")]
    [InlineData("name", "\"\"", "name")]
    [InlineData("bias", "[1]", "biases")]
    [InlineData("weights", "\"AAAA\"", null)]
    [InlineData("weights", "\"AAAAAAAAAAAA\"", "power of two")]
    [InlineData("weights", "\"\"", "power of two")]
    [InlineData("weights", "\"?\"", "not a weights file")]
    public void Invalid_weights_file_is_rejected_with_path_and_reason(string field, string value, string? reason)
    {
        var json = JsonNode.Parse(WeightsFile.LoadBuiltIn().SerializeToBytes())!;
        json[field] = JsonNode.Parse(value);
        var path = _directory["model.json"];
        File.WriteAllText(path, json.ToJsonString());

        if (reason is null)
        {
            // One bucket is a valid model, although a poor one.
            Assert.Equal(3, WeightsFile.LoadFile(path).CreateClassifier().Labels.Count);
            return;
        }

        var exception = Assert.Throws<InvalidDataException>(() => WeightsFile.LoadFile(path));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\0\u0001\u0002")]
    public void File_that_is_no_weights_file_is_rejected(string content)
    {
        File.WriteAllText(_directory["model.json"], content);

        Assert.Throws<InvalidDataException>(() => WeightsFile.LoadFile(_directory["model.json"]));
    }
}
