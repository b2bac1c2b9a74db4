using LogTailer.Lines;
using Xunit.Abstractions;

namespace LogTailer.Tests.Lines;

/// <summary>The vectorized pass over a block.</summary>
public sealed class LineRulesTests(ITestOutputHelper output)
{
    [Fact]
    public void Vectorized_measuring_agrees_with_enumerating_the_lines()
    {
        var random = RandomSource.Create(output);
        var verbatim = 0;

        for (var round = 0; round < 20_000; round++)
        {
            // Few line ends: otherwise almost every block contains an empty line.
            var alphabet = "aaaaaaaaaaaaaaaa"u8.ToArray().Concat("\r\n\n"u8.ToArray()).ToArray();
            var characters = Enumerable.Range(0, random.Next(0, 150)).Select(_ => alphabet[random.Next(alphabet.Length)]);
            var block = characters.Append((byte)'\n').ToArray();
            var lines = EnumerateLines(block);

            var measured = LineRules.MeasureLines(block, maxLineBytes: 1000);

            Assert.Equal((lines.Count, 0, lines.Sum(line => line.Length + 1) == block.Length), measured);
            verbatim += measured.IsVerbatim ? 1 : 0;
        }

        Assert.InRange(verbatim, 1000, 19_000);
    }

    private static List<byte[]> EnumerateLines(byte[] block)
    {
        var lines = new List<byte[]>();

        foreach (var line in new LineEnumerator(block, 1000, 0))
        {
            lines.Add(line.ToArray());
        }

        return lines;
    }
}
