namespace Agent.Classifier;

/// <summary>
/// Turns a text into hashed features: words, pairs of neighbouring words, and the character 3- and 4-grams of each word
/// with its borders. A word that follows a negation closely is another feature than the word alone, so that "not good"
/// does not count as "good".
/// </summary>
/// <remarks>
/// The weights file depends on every detail here: a change is a new <see cref="Version"/>, and the file is trained anew.
/// Nothing is allocated; the work is linear in the length of the text.
/// </remarks>
internal static class TextFeatures
{
    public const int Version = 1;

    private const float WordValue = 1f;
    private const float PairValue = 0.7f;
    private const float GramValue = 0.35f;

    /// <summary>Words that a negation reaches, unless punctuation ends the clause before.</summary>
    private const int NegationReach = 3;

    /// <summary>Longer words are cut: what a URL or a base64 blob has beyond says nothing about mood.</summary>
    private const int MaxWordLength = 32;

    private const uint WordSeed = 0x811C9DC5;
    private const uint PairSeed = 0x9E3779B9;
    private const uint GramSeed = 0x85EBCA6B;
    private const uint NegatedSeed = 0xC2B2AE35;
    private const char Border = '\u0002';

    private static readonly string[] Negations =
        ["not", "no", "never", "nobody", "nothing", "none", "neither", "nor", "without", "hardly", "cannot"];

    public static void Extract<TSink>(ReadOnlySpan<char> text, ref TSink sink)
        where TSink : IFeatureSink, allows ref struct
    {
        // The word with a border on either side, lower case.
        Span<char> word = stackalloc char[MaxWordLength + 2];
        word[0] = Border;

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
                        word[++length] = Fold(text[i]);
                    }
                }

                word[length + 1] = Border;
                var plain = word.Slice(1, length);
                var hash = Hash(negated > 0 ? NegatedSeed : WordSeed, plain);

                sink.Add(hash, WordValue);
                sink.Add(Mix(previous, hash), PairValue);
                if (negated == 0)
                {
                    AddGrams(word[..(length + 2)], ref sink);
                }

                previous = hash;
                negated = IsNegation(plain) ? NegationReach : Math.Max(0, negated - 1);
            }
            else
            {
                i++;
                if (char.IsWhiteSpace(c))
                {
                    continue;
                }

                // Punctuation and symbols are words of one character: "!" and ":)" carry mood. They end a negation's reach.
                var hash = Hash(WordSeed, [c]);
                sink.Add(hash, WordValue);
                sink.Add(Mix(previous, hash), PairValue);
                previous = hash;
                negated = 0;
            }
        }

        sink.Add(Mix(previous, PairSeed), PairValue);
    }

    private static void AddGrams<TSink>(scoped ReadOnlySpan<char> word, ref TSink sink)
        where TSink : IFeatureSink, allows ref struct
    {
        for (var size = 3; size <= 4; size++)
        {
            for (var start = 0; start + size <= word.Length; start++)
            {
                sink.Add(Hash(GramSeed + (uint)size, word.Slice(start, size)), GramValue);
            }
        }
    }

    private static bool IsWordCharacter(char c) => char.IsLetterOrDigit(c) || c is '\'' or '’';

    private static char Fold(char c) => c == '’' ? '\'' : char.ToLowerInvariant(c);

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

    /// <summary>FNV-1a over UTF-16 units, with a final mix, since its low bits alone are poor.</summary>
    private static uint Hash(uint seed, ReadOnlySpan<char> characters)
    {
        var hash = seed;
        foreach (var c in characters)
        {
            hash = (hash ^ c) * 16777619;
        }

        return Mix(hash, 0);
    }

    private static uint Mix(uint left, uint right)
    {
        var hash = (left * 31) ^ right;
        hash ^= hash >> 16;
        hash *= 0x7FEB352D;
        hash ^= hash >> 15;
        hash *= 0x846CA68B;
        return hash ^ (hash >> 16);
    }
}
