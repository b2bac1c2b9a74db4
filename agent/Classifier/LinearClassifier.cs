namespace Agent.Classifier;

/// <summary>
/// A multinomial logistic regression over hashed text features. Immutable and free of locks: any number of threads may ask
/// it at once, and an answer takes microseconds and allocates nothing.
/// </summary>
internal sealed class LinearClassifier
{
    /// <summary>More classes than this make no sense for weights of this size, and bound the stack that an answer takes.</summary>
    public const int MaxLabels = 64;

    private readonly string[] _labels;
    private readonly float[] _bias;
    private readonly float[] _weights;
    private readonly uint _mask;

    /// <param name="labels">The classes.</param>
    /// <param name="bias">What each starts with.</param>
    /// <param name="weights">Bucket by bucket, in each the weight of every label; the number of buckets is a power of two.</param>
    public LinearClassifier(string[] labels, float[] bias, float[] weights)
    {
        _labels = labels;
        _bias = bias;
        _weights = weights;
        _mask = (uint)(weights.Length / labels.Length) - 1;
    }

    public IReadOnlyList<string> Labels => _labels;

    /// <returns>The most likely label, and its probability as the model sees it.</returns>
    public (string Label, double Score) Predict(ReadOnlySpan<char> text)
    {
        Span<float> sums = stackalloc float[_labels.Length];
        Score(text, sums);

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

    /// <summary>The probability of every label, in their order.</summary>
    public void Probabilities(ReadOnlySpan<char> text, Span<double> probabilities)
    {
        Span<float> sums = stackalloc float[_labels.Length];
        Score(text, sums);

        var most = float.NegativeInfinity;
        foreach (var sum in sums)
        {
            most = Math.Max(most, sum);
        }

        var total = 0.0;
        for (var i = 0; i < sums.Length; i++)
        {
            total += probabilities[i] = Math.Exp(sums[i] - most);
        }

        for (var i = 0; i < sums.Length; i++)
        {
            probabilities[i] /= total;
        }
    }

    private void Score(ReadOnlySpan<char> text, Span<float> sums)
    {
        sums.Clear();
        var scorer = new Scorer(_weights, _mask, sums);
        TextFeatures.Extract(text, ref scorer);

        // Long texts have more features, not more of a mood.
        var norm = MathF.Sqrt(scorer.SquaredNorm);
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = _bias[i] + (sums[i] / norm);
        }
    }

    private ref struct Scorer(float[] weights, uint mask, Span<float> sums) : IFeatureSink
    {
        private readonly Span<float> _sums = sums;

        public float SquaredNorm { get; private set; }

        public void Add(uint hash, float value)
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
