namespace Agent.Classifier;

/// <summary>
/// Trains the classifier: multinomial logistic regression by stochastic gradient descent with AdaGrad steps and an L2 penalty.
/// </summary>
/// <remarks>
/// The same data and settings produce the same bytes on every machine. Therefore it uses one thread, a fixed order, its own
/// random number generator, and only IEEE additions, multiplications, divisions and square roots: the C library's exponential
/// function differs between platforms in the last bit, so <see cref="ComputeExponential"/> replaces it.
/// </remarks>
internal static class Trainer
{
    public static WeightsFile TrainClassifier(DataSet data, TrainingSettings settings)
    {
        var labels = data.Texts.Select(text => text.Label).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (labels.Length is < 2 or > LinearClassifier.MaxLabels)
        {
            throw new InvalidDataException(
                $"{data.Name} has {labels.Length} labels; a classifier needs between 2 and {LinearClassifier.MaxLabels}");
        }

        var examples = data.Texts.Select(text => VectorizeText(text, labels, settings.HashBits)).ToArray();
        var random = new SplitMix64(settings.Seed);
        var (training, heldOut) = SplitByLabel(examples, labels.Length, settings.HeldOutShare, random);
        if (training.Length == 0 || heldOut.Length == 0)
        {
            throw new InvalidDataException($"{data.Name} has too few texts per label to hold any out; add more texts");
        }

        var weights = new double[(1 << settings.HashBits) * labels.Length];
        var bias = new double[labels.Length];
        DescendGradient(training, weights, bias, settings, random);

        var file = WeightsFile.QuantizeWeights(settings.Name, labels, bias, weights) with
        {
            Training = new TrainingRecord(
                data.Name, data.Sha256, training.Length, settings.HashBits, settings.Epochs, settings.LearningRate,
                settings.Penalty, settings.Seed),
        };

        // Measured with the quantized weights, because these are used for predictions.
        return file with { Evaluation = EvaluateClassifier(file.CreateClassifier(), labels, heldOut) };
    }

    private static Example VectorizeText(LabeledText text, string[] labels, int hashBits)
    {
        var collector = new FeatureCollector((1u << hashBits) - 1);
        TextFeatures.ExtractFeatures(text.Text, ref collector);

        var norm = Math.Sqrt(collector.Features.Sum(feature => (double)feature.Value * feature.Value));
        var features = collector.Features
            .GroupBy(feature => feature.Bucket)
            .Select(group => new Feature(group.Key, (float)(group.Sum(feature => (double)feature.Value) / norm)))
            .ToArray();
        return new Example(text.Text, Array.IndexOf(labels, text.Label), features);
    }

    /// <summary>Holds out the same share of every label, so that both parts are balanced like the complete data.</summary>
    private static (Example[] Training, Example[] HeldOut) SplitByLabel(
        Example[] examples, int labels, double heldOutShare, SplitMix64 random)
    {
        var training = new List<Example>();
        var heldOut = new List<Example>();
        for (var label = 0; label < labels; label++)
        {
            var ofLabel = examples.Where(example => example.Label == label).ToArray();
            ShuffleExamples(ofLabel, random);
            var count = (int)(ofLabel.Length * heldOutShare);
            heldOut.AddRange(ofLabel.AsSpan(0, count));
            training.AddRange(ofLabel.AsSpan(count));
        }

        return ([.. training], [.. heldOut]);
    }

    private static void DescendGradient(
        Example[] training, double[] weights, double[] bias, TrainingSettings settings, SplitMix64 random)
    {
        var labels = bias.Length;
        var squares = new double[weights.Length];
        var biasSquares = new double[labels];
        var logits = new double[labels];

        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            ShuffleExamples(training, random);
            foreach (var example in training)
            {
                bias.CopyTo(logits, 0);
                foreach (var feature in example.Features)
                {
                    for (var label = 0; label < labels; label++)
                    {
                        logits[label] += weights[(feature.Bucket * labels) + label] * feature.Value;
                    }
                }

                ApplySoftmax(logits);
                for (var label = 0; label < labels; label++)
                {
                    var error = logits[label] - (label == example.Label ? 1 : 0);
                    AdjustWeight(ref bias[label], ref biasSquares[label], error, settings.LearningRate);
                    foreach (var feature in example.Features)
                    {
                        var index = (feature.Bucket * labels) + label;
                        var gradient = (error * feature.Value) + (settings.Penalty * weights[index]);
                        AdjustWeight(ref weights[index], ref squares[index], gradient, settings.LearningRate);
                    }
                }
            }
        }
    }

    private static void AdjustWeight(ref double weight, ref double squares, double gradient, double learningRate)
    {
        squares += gradient * gradient;
        weight -= learningRate * gradient / (1e-6 + Math.Sqrt(squares));
    }

    private static Evaluation EvaluateClassifier(LinearClassifier classifier, string[] labels, Example[] heldOut)
    {
        var matrix = labels.Select(_ => new int[labels.Length]).ToArray();
        foreach (var example in heldOut)
        {
            matrix[example.Label][Array.IndexOf(labels, classifier.PredictLabel(example.Text).Label)]++;
        }

        var right = labels.Select((_, label) => matrix[label][label]).Sum();
        return new Evaluation(heldOut.Length, Math.Round((double)right / heldOut.Length, 4), matrix);
    }

    private static void ShuffleExamples(Example[] examples, SplitMix64 random)
    {
        for (var i = examples.Length - 1; i > 0; i--)
        {
            var j = (int)(random.NextValue() % (ulong)(i + 1));
            (examples[i], examples[j]) = (examples[j], examples[i]);
        }
    }

    private static void ApplySoftmax(double[] logits)
    {
        var most = logits.Max();
        var total = 0.0;
        for (var i = 0; i < logits.Length; i++)
        {
            logits[i] = ComputeExponential(logits[i] - most);
            total += logits[i];
        }

        for (var i = 0; i < logits.Length; i++)
        {
            logits[i] /= total;
        }
    }

    /// <summary>e^x for x ≤ 0: the Taylor series at x/2^10, squared ten times.</summary>
    private static double ComputeExponential(double x)
    {
        if (x < -700)
        {
            return 0;
        }

        var small = x / 1024;
        var power = 1 + (small * (1 + (small / 2 * (1 + (small / 3 * (1 + (small / 4 * (1 + (small / 5)))))))));
        for (var i = 0; i < 10; i++)
        {
            power *= power;
        }

        return power;
    }

    private readonly record struct Feature(int Bucket, float Value);

    private sealed record Example(string Text, int Label, Feature[] Features);

    private readonly struct FeatureCollector(uint mask) : IFeatureSink
    {
        public List<Feature> Features { get; } = [];

        public void AddFeature(uint hash, float value) => Features.Add(new Feature((int)(hash & mask), value));
    }

    /// <summary>
    /// Sebastiano Vigna's SplitMix64. Unlike <see cref="Random"/>, its sequence cannot change with the runtime's version.
    /// </summary>
    private sealed class SplitMix64(ulong seed)
    {
        private ulong _state = seed;

        public ulong NextValue()
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
