namespace Agent.Classifier;

/// <summary>What decides, beside the data, which weights come out. The defaults made the built-in ones.</summary>
internal sealed record TrainingSettings
{
    /// <summary>Name that the model answers under.</summary>
    public string Name { get; init; } = "sentiment-linear-1";

    /// <summary>Binary logarithm of the number of buckets that features are hashed to.</summary>
    public int HashBits { get; init; } = 15;

    /// <summary>Times that every text is seen.</summary>
    public int Epochs { get; init; } = 20;

    public double LearningRate { get; init; } = 0.1;

    /// <summary>L2 penalty on every weight that a text touches.</summary>
    public double Penalty { get; init; } = 0.0005;

    /// <summary>Share of every label's texts that training does not see.</summary>
    public double HeldOutShare { get; init; } = 0.2;

    public ulong Seed { get; init; } = 1;
}
