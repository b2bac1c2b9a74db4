using Agent.Classifier;

namespace Agent.Tests.Classifier;

public sealed class TrainerTests
{
    private static readonly string Data = Repository.PathOf("agent/Classifier/Data/sentiment.tsv");
    private static readonly string BuiltIn = Repository.PathOf("agent/Classifier/Data/sentiment.json");

    [Fact]
    public void Training_on_the_data_set_reproduces_the_built_in_weights()
    {
        var trained = Trainer.TrainClassifier(DataSet.LoadFile(Data), new TrainingSettings()).SerializeToBytes();

        Assert.True(
            File.ReadAllBytes(BuiltIn).AsSpan().SequenceEqual(trained),
            "agent/Classifier/Data/sentiment.json differs from the result of the training");
    }

    [Fact]
    public void Built_in_weights_contain_a_consistent_evaluation_on_held_out_texts()
    {
        var file = WeightsFile.LoadBuiltIn();
        var evaluation = file.Evaluation!;

        Assert.True(evaluation.Accuracy > 0.75, $"accuracy {evaluation.Accuracy}");
        Assert.Equal(evaluation.Texts, evaluation.ConfusionMatrix.Sum(row => row.Sum()));
        var correct = file.Labels.Select((_, i) => evaluation.ConfusionMatrix[i][i]).Sum();
        Assert.Equal(evaluation.Accuracy, Math.Round(correct / (double)evaluation.Texts, 4));
        Assert.True(new FileInfo(BuiltIn).Length < 256 * 1024);
    }

    [Fact]
    public void Data_set_is_balanced_and_has_no_duplicates()
    {
        var data = DataSet.LoadFile(Data);

        Assert.True(data.Texts.Count >= 1500);
        Assert.Equal(["negative", "neutral", "positive"], data.Texts.Select(text => text.Label).Distinct().Order(StringComparer.Ordinal));
        Assert.Single(data.Texts.GroupBy(text => text.Label).Select(group => group.Count()).Distinct());
        Assert.Equal(data.Texts.Count, data.Texts.Select(text => text.Text).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public void Training_with_another_seed_produces_other_weights()
    {
        var data = DataSet.LoadFile(Data);

        var one = Trainer.TrainClassifier(data, new TrainingSettings { Epochs = 1 });
        var other = Trainer.TrainClassifier(data, new TrainingSettings { Epochs = 1, Seed = 2 });

        Assert.NotEqual(one.SerializeToBytes(), other.SerializeToBytes());
    }

    [Theory]
    [InlineData("text\tlabel\n", ":1:")]
    [InlineData("label\ttext\npositive good\n", ":2:")]
    [InlineData("label\ttext\npositive\tgood\n\nnegative\t\n", ":4:")]
    public void Malformed_line_is_rejected_with_its_number(string content, string line)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["data.tsv"], content);

        var exception = Assert.Throws<InvalidDataException>(() => DataSet.LoadFile(directory["data.tsv"]));

        Assert.Contains("data.tsv" + line, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_with_a_single_label_is_rejected()
    {
        var data = new DataSet("one.tsv", "", [new LabeledText("positive", "good"), new LabeledText("positive", "fine")]);

        Assert.Throws<InvalidDataException>(() => Trainer.TrainClassifier(data, new TrainingSettings()));
    }
}
