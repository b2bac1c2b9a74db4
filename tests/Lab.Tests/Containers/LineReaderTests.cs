using System.Text;
using Lab.Containers.Local;

namespace Lab.Tests.Containers;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("one\ntwo\n", new[] { "one", "two" })]
    [InlineData("one\n\nhalf", new[] { "one", "", "half" })]
    [InlineData("", new string[0])]
    public async Task Lines_are_forwarded_complete_including_the_last_one(string text, string[] lines)
    {
        var output = new RecordedOutput();

        await new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), "c", false, output).Completion.WaitAsync(Eventually.Deadline);

        Assert.Equal(lines, output.LinesOf("c"));
    }

    [Fact]
    public async Task Endless_line_is_forwarded_in_parts_of_limited_size()
    {
        var output = new RecordedOutput();

        await new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(new string('x', (2 * LineReader.MaxLineBytes) + 5) + "\nnext\n")), "c", false, output)
            .Completion.WaitAsync(Eventually.Deadline);

        Assert.Equal([LineReader.MaxLineBytes, LineReader.MaxLineBytes, 5, 4], output.LinesOf("c").Select(line => line.Length));
    }
}
