using Agent.Classifier;
using Agent.Tests.Support;

namespace Agent.Tests.Classifier;

public sealed class TrainerTests
{
    private static readonly string Data = Repository.File("agent/Classifier/Data/sentiment.tsv");
    private static readonly string BuiltIn = Repository.File("agent/Classifier/Data/sentiment.json");

    [Fact]
    public void Training_on_the_data_set_gives_the_built_in_weights_byte_for_byte()
    {
        var trained = Trainer.Fit(DataSet.Load(Data), new TrainingSettings()).ToBytes();

        Assert.True(File.ReadAllBytes(BuiltIn).AsSpan().SequenceEqual(trained), "agent/Classifier/Data/sentiment.json is not what training gives");
    }

    [Fact]
    public void The_built_in_weights_say_how_well_they_do_on_texts_that_they_have_not_seen()
    {
        var file = WeightsFile.LoadBuiltIn();
        var evaluation = file.Evaluation!;

        Assert.True(evaluation.Accuracy > 0.75, $"accuracy {evaluation.Accuracy}");
        Assert.Equal(evaluation.Texts, evaluation.ConfusionMatrix.Sum(row => row.Sum()));
        Assert.Equal(evaluation.Accuracy, Math.Round(file.Labels.Select((_, i) => evaluation.ConfusionMatrix[i][i]).Sum() / (double)evaluation.Texts, 4));
        Assert.True(new FileInfo(BuiltIn).Length < 256 * 1024);
    }

    [Fact]
    public void The_data_set_is_balanced_and_says_nothing_twice()
    {
        var data = DataSet.Load(Data);

        Assert.True(data.Texts.Count >= 1500);
        Assert.Equal(["negative", "neutral", "positive"], data.Texts.Select(text => text.Label).Distinct().Order(StringComparer.Ordinal));
        Assert.Single(data.Texts.GroupBy(text => text.Label).Select(group => group.Count()).Distinct());
        Assert.Equal(data.Texts.Count, data.Texts.Select(text => text.Text).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public void Another_seed_holds_out_other_texts()
    {
        var data = DataSet.Load(Data);

        var one = Trainer.Fit(data, new TrainingSettings { Epochs = 1 });
        var other = Trainer.Fit(data, new TrainingSettings { Epochs = 1, Seed = 2 });

        Assert.NotEqual(one.ToBytes(), other.ToBytes());
    }

    [Theory]
    [InlineData("text\tlabel\n", ":1:")]
    [InlineData("label\ttext\npositive good\n", ":2:")]
    [InlineData("label\ttext\npositive\tgood\n\nnegative\t\n", ":4:")]
    public void A_line_that_does_not_fit_is_named(string content, string line)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("data.tsv"), content);

        var refused = Assert.Throws<InvalidDataException>(() => DataSet.Load(directory.File("data.tsv")));

        Assert.Contains("data.tsv" + line, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_label_is_no_classifier()
    {
        var data = new DataSet("one.tsv", "", [new LabelledText("positive", "good"), new LabelledText("positive", "fine")]);

        Assert.Throws<InvalidDataException>(() => Trainer.Fit(data, new TrainingSettings()));
    }
}
