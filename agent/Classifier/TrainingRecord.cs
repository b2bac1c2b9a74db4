namespace Agent.Classifier;

/// <summary>The inputs of a training, so that its weights file can be reproduced.</summary>
/// <remarks><c>Texts</c> counts the training texts without the held-out ones. See <see cref="TrainingSettings"/> for the rest.</remarks>
internal sealed record TrainingRecord(
    string Data,
    string DataSha256,
    int Texts,
    int HashBits,
    int Epochs,
    double LearningRate,
    double Penalty,
    ulong Seed);
