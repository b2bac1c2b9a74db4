using System.Text;
using MetricsRelay.Parsing;

namespace MetricsRelay.Tests.Parsing;

public sealed class LineAssemblerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Lines_are_the_same_for_every_piece_length(int pieceLength)
    {
        var (taken, rest) = TakeAll("one\ntwo\n\nthree\nrest", pieceLength);

        Assert.Equal("one\ntwo\n\nthree\n", taken);
        Assert.Equal("rest", rest);
    }

    [Fact]
    public void Line_without_end_is_rejected_with_the_number_of_the_line()
    {
        var assembler = new LineAssembler();

        var rejected = Assert.Throws<ExpositionFormatException>(() =>
        {
            ReadOnlySpan<byte> piece = new byte[(1 << 20) + 1];
            assembler.TryTakeLines(ref piece, linesRead: 7, out _);
        });

        Assert.Equal((8, 1), (rejected.Line, rejected.Column));
    }

    private static (string Taken, string Remainder) TakeAll(string text, int pieceLength)
    {
        var assembler = new LineAssembler();
        var taken = new StringBuilder();
        foreach (var chunk in text.Chunk(pieceLength))
        {
            ReadOnlySpan<byte> piece = Encoding.UTF8.GetBytes(chunk);
            while (assembler.TryTakeLines(ref piece, 0, out var lines))
            {
                taken.Append(Encoding.UTF8.GetString(lines));
            }
        }

        return (taken.ToString(), Encoding.UTF8.GetString(assembler.IncompleteLine));
    }
}
