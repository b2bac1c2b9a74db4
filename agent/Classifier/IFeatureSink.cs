namespace Agent.Classifier;

/// <summary>Receives the features of one text one by one, so that a prediction allocates no list.</summary>
internal interface IFeatureSink
{
    /// <param name="hash">The feature's 32-bit hash; an implementation with a table uses it modulo the table's size.</param>
    /// <param name="value">The weight of this kind of feature.</param>
    void AddFeature(uint hash, float value);
}
