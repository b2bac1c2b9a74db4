namespace Agent.Classifier;

/// <summary>
/// Multinomial logistic regression over hashed text features. Immutable, so any number of threads may use it concurrently; a
/// prediction takes microseconds and allocates nothing.
/// </summary>
internal sealed class LinearClassifier
{
    /// <summary>Bounds the stack space of a prediction.</summary>
    public const int MaxLabels = 64;

    private readonly string[] _labels;
    private readonly float[] _bias;
    private readonly float[] _weights;
    private readonly uint _mask;

    /// <param name="labels">The classes.</param>
    /// <param name="bias">The bias of each class.</param>
    /// <param name="weights">Bucket by bucket, each with one weight per label; the number of buckets is a power of two.</param>
    public LinearClassifier(string[] labels, float[] bias, float[] weights)
    {
        _labels = labels;
        _bias = bias;
        _weights = weights;
        _mask = (uint)(weights.Length / labels.Length) - 1;
    }

    public IReadOnlyList<string> Labels => _labels;

    /// <returns>The most likely label and its estimated probability.</returns>
    public (string Label, double Score) PredictLabel(ReadOnlySpan<char> text)
    {
        Span<float> sums = stackalloc float[_labels.Length];
        ComputeScores(text, sums);

        var best = 0;
        for (var i = 1; i < sums.Length; i++)
        {
            if (sums[i] > sums[best])
            {
                best = i;
            }
        }

        var total = 0.0;
        foreach (var sum in sums)
        {
            total += Math.Exp(sum - sums[best]);
        }

        return (_labels[best], 1 / total);
    }

    private void ComputeScores(ReadOnlySpan<char> text, Span<float> sums)
    {
        sums.Clear();
        var scorer = new ScoreAccumulator(_weights, _mask, sums);
        TextFeatures.ExtractFeatures(text, ref scorer);

        // Normalized, because a long text has more features but not a stronger sentiment.
        var norm = MathF.Sqrt(scorer.SquaredNorm);
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = _bias[i] + (sums[i] / norm);
        }
    }

    private ref struct ScoreAccumulator(float[] weights, uint mask, Span<float> sums) : IFeatureSink
    {
        private readonly Span<float> _sums = sums;

        public float SquaredNorm { get; private set; }

        public void AddFeature(uint hash, float value)
        {
            SquaredNorm += value * value;
            var bucket = weights.AsSpan((int)(hash & mask) * _sums.Length, _sums.Length);
            for (var i = 0; i < bucket.Length; i++)
            {
                _sums[i] += bucket[i] * value;
            }
        }
    }
}
