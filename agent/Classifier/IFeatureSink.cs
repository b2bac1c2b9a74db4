namespace Agent.Classifier;

/// <summary>Takes the features of one text as they are found, so that a prediction needs no list of them.</summary>
internal interface IFeatureSink
{
    /// <param name="hash">The feature's full hash; who stores weights folds it to the table's size.</param>
    /// <param name="value">How much this kind of feature counts.</param>
    void Add(uint hash, float value);
}
