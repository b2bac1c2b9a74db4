namespace Agent.Classifier;

/// <summary>How a weights file came about, so that anybody can make it again.</summary>
/// <remarks>The texts are those trained on; the held-out ones are not among them. The rest is <see cref="TrainingSettings"/>.</remarks>
internal sealed record TrainingRecord(
    string Data,
    string DataSha256,
    int Texts,
    int HashBits,
    int Epochs,
    double LearningRate,
    double Penalty,
    ulong Seed);
