using System.Text;
using Lab.Containers.Local;
using Lab.Tests.Containers;
using TestKit;

namespace Lab.Tests.Output;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("one\ntwo\n", new[] { "one", "two" })]
    [InlineData("one\n\nhalf", new[] { "one", "", "half" })]
    [InlineData("", new string[0])]
    public async Task Lines_are_passed_on_whole_and_the_last_one_too(string text, string[] lines)
    {
        var output = new RecordedOutput();

        await new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), "c", false, output).Ended.WaitAsync(Eventually.Deadline);

        Assert.Equal(lines, output.Of("c"));
    }

    [Fact]
    public async Task A_line_without_end_is_passed_on_in_pieces_of_bounded_size()
    {
        var output = new RecordedOutput();

        await new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(new string('x', (2 * LineReader.MaxLineBytes) + 5) + "\nnext\n")), "c", false, output)
            .Ended.WaitAsync(Eventually.Deadline);

        Assert.Equal([LineReader.MaxLineBytes, LineReader.MaxLineBytes, 5, 4], output.Of("c").Select(line => line.Length));
    }
}
