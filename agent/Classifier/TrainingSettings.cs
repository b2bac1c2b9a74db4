namespace Agent.Classifier;

/// <summary>The parameters of a training. The defaults produce the built-in weights.</summary>
internal sealed record TrainingSettings
{
    /// <summary>The name of the trained model.</summary>
    public string Name { get; init; } = "sentiment-linear-1";

    /// <summary>Binary logarithm of the number of hash buckets for features.</summary>
    public int HashBits { get; init; } = 15;

    /// <summary>Number of passes over the training texts.</summary>
    public int Epochs { get; init; } = 20;

    public double LearningRate { get; init; } = 0.1;

    /// <summary>L2 penalty, applied to the weights of the features in each text.</summary>
    public double Penalty { get; init; } = 0.0005;

    /// <summary>Share of every label's texts that is held out from training.</summary>
    public double HeldOutShare { get; init; } = 0.2;

    public ulong Seed { get; init; } = 1;
}
