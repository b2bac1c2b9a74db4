using LogTailer.Lines;

namespace LogTailer.Tests.Lines;

/// <summary>What is counted at the speed of memory is what is counted line by line.</summary>
public sealed class LineRulesTests
{
    [Fact]
    public void A_block_is_measured_as_its_lines_are()
    {
        var random = new Random(1);
        var clean = 0;

        for (var round = 0; round < 20_000; round++)
        {
            // Few line ends, or hardly any block would be without an empty line.
            var alphabet = "aaaaaaaaaaaaaaaa"u8.ToArray().Concat("\r\n\n"u8.ToArray()).ToArray();
            var block = Enumerable.Range(0, random.Next(0, 150)).Select(_ => alphabet[random.Next(alphabet.Length)]).Append((byte)'\n').ToArray();
            var lines = LinesOf(block);

            var measured = LineRules.Measure(block, maxLineBytes: 1000);

            Assert.Equal((lines.Count, 0, lines.Sum(line => line.Length + 1) == block.Length), measured);
            clean += measured.AsItIs ? 1 : 0;
        }

        Assert.InRange(clean, 1000, 19_000);
    }

    private static List<byte[]> LinesOf(byte[] block)
    {
        var lines = new List<byte[]>();

        foreach (var line in new LineEnumerator(block, 1000, 0))
        {
            lines.Add(line.ToArray());
        }

        return lines;
    }
}
