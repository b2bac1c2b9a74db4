namespace Agent.Classifier;

/// <summary>
/// Extracts hashed features from a text: words, pairs of neighboring words, and the character 3- and 4-grams of each word,
/// including its boundaries. A word shortly after a negation is a different feature from the word alone, so that "not good"
/// does not count as "good".
/// </summary>
/// <remarks>
/// The weights file depends on every detail here: with any change, increase <see cref="Version"/> and train the file again.
/// Extraction allocates nothing and its time is linear in the length of the text.
/// </remarks>
internal static class TextFeatures
{
    public const int Version = 1;

    private const float WordValue = 1f;
    private const float PairValue = 0.7f;
    private const float GramValue = 0.35f;

    /// <summary>Number of words that a negation affects, unless punctuation ends the clause earlier.</summary>
    private const int NegatedWords = 3;

    /// <summary>Longer words are truncated: the rest of a URL or of base64 carries no sentiment.</summary>
    private const int MaxWordLength = 32;

    private const uint WordSeed = 0x811C9DC5;
    private const uint PairSeed = 0x9E3779B9;
    private const uint GramSeed = 0x85EBCA6B;
    private const uint NegatedSeed = 0xC2B2AE35;
    private const char Boundary = '\u0002';

    private static readonly string[] Negations =
        ["not", "no", "never", "nobody", "nothing", "none", "neither", "nor", "without", "hardly", "cannot"];

    public static void ExtractFeatures<TSink>(ReadOnlySpan<char> text, ref TSink sink)
        where TSink : IFeatureSink, allows ref struct
    {
        // The word in lower case, with a boundary character on either side.
        Span<char> word = stackalloc char[MaxWordLength + 2];
        word[0] = Boundary;

        var previous = PairSeed;
        var negated = 0;

        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (IsWordCharacter(c))
            {
                var length = 0;
                for (; i < text.Length && IsWordCharacter(text[i]); i++)
                {
                    if (length < MaxWordLength)
                    {
                        word[++length] = FoldCase(text[i]);
                    }
                }

                word[length + 1] = Boundary;
                var plain = word.Slice(1, length);
                var hash = HashCharacters(negated > 0 ? NegatedSeed : WordSeed, plain);

                sink.AddFeature(hash, WordValue);
                sink.AddFeature(MixHashes(previous, hash), PairValue);
                if (negated == 0)
                {
                    AddCharacterGrams(word[..(length + 2)], ref sink);
                }

                previous = hash;
                negated = IsNegation(plain) ? NegatedWords : Math.Max(0, negated - 1);
            }
            else
            {
                i++;
                if (char.IsWhiteSpace(c))
                {
                    continue;
                }

                // Punctuation and symbols are words of one character, because "!" and ":)" carry sentiment. They end a negation.
                var hash = HashCharacters(WordSeed, [c]);
                sink.AddFeature(hash, WordValue);
                sink.AddFeature(MixHashes(previous, hash), PairValue);
                previous = hash;
                negated = 0;
            }
        }

        sink.AddFeature(MixHashes(previous, PairSeed), PairValue);
    }

    private static void AddCharacterGrams<TSink>(scoped ReadOnlySpan<char> word, ref TSink sink)
        where TSink : IFeatureSink, allows ref struct
    {
        for (var size = 3; size <= 4; size++)
        {
            for (var start = 0; start + size <= word.Length; start++)
            {
                sink.AddFeature(HashCharacters(GramSeed + (uint)size, word.Slice(start, size)), GramValue);
            }
        }
    }

    private static bool IsWordCharacter(char c) => char.IsLetterOrDigit(c) || c is '\'' or '’';

    private static char FoldCase(char c) => c == '’' ? '\'' : char.ToLowerInvariant(c);

    private static bool IsNegation(ReadOnlySpan<char> word)
    {
        if (word.EndsWith("n't"))
        {
            return true;
        }

        foreach (var negation in Negations)
        {
            if (word.SequenceEqual(negation))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>FNV-1a over UTF-16 code units with a final mix, because its low bits alone are poorly distributed.</summary>
    private static uint HashCharacters(uint seed, ReadOnlySpan<char> characters)
    {
        var hash = seed;
        foreach (var c in characters)
        {
            hash = (hash ^ c) * 16777619;
        }

        return MixHashes(hash, 0);
    }

    private static uint MixHashes(uint left, uint right)
    {
        var hash = (left * 31) ^ right;
        hash ^= hash >> 16;
        hash *= 0x7FEB352D;
        hash ^= hash >> 15;
        hash *= 0x846CA68B;
        return hash ^ (hash >> 16);
    }
}
