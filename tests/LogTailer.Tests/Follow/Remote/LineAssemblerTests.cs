using System.Text;
using LogTailer.Follow.Remote;

namespace LogTailer.Tests.Follow.Remote;

/// <summary>Assembling received bytes into lines.</summary>
public sealed class LineAssemblerTests
{
    [Fact]
    public void Line_received_in_parts_is_complete_with_its_line_end()
    {
        var lines = new LineAssembler(100);

        Assert.False(Assemble(lines, "on", out _));
        Assert.True(Assemble(lines, "e\ntwo\nthr", out var remaining));

        Assert.Equal("one\ntwo\n", Encoding.UTF8.GetString(lines.Bytes));
        Assert.Equal((8L, 0L, "thr"), (lines.LengthInLog, lines.PartialLineLength, remaining));
    }

    [Theory]
    [InlineData("\n", 1000)]
    [InlineData("\r\n", 1000)]
    public void Line_over_the_limit_keeps_only_its_start(string lineEnd, int length)
    {
        var lines = new LineAssembler(10);

        Assert.False(Assemble(lines, new string('x', length), out _));
        Assert.True(Assemble(lines, lineEnd + "next\n", out var remaining));

        Assert.Equal(new string('x', 11) + "\n", Encoding.UTF8.GetString(lines.Bytes));
        Assert.Equal((length + lineEnd.Length, length, "next\n"), (lines.LengthInLog, lines.PartialLineLength, remaining));
    }

    [Fact]
    public void Cleared_assembler_drops_an_incomplete_line()
    {
        var lines = new LineAssembler(100);
        Assemble(lines, "old", out _);

        lines.ClearLines();
        Assemble(lines, "new\n", out _);

        Assert.Equal("new\n", Encoding.UTF8.GetString(lines.Bytes));
    }

    private static bool Assemble(LineAssembler lines, string text, out string remaining)
    {
        ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(text);
        var isComplete = lines.TryAssembleLines(ref bytes);
        remaining = Encoding.UTF8.GetString(bytes.Span);
        return isComplete;
    }
}
