using System.Text;
using Lab.Output;

namespace Lab.Tests.Output;

public sealed class OutputWriterTests
{
    [Fact]
    public async Task Lines_of_many_containers_are_never_mixed_or_lost()
    {
        using var stream = new MemoryStream();
        string[] names = ["agent", "logging-sidecar"];
        using (var output = new OutputWriter(stream, names, useColors: false))
        {
            await Task.WhenAll(names.Select(name => Task.Factory.StartNew(
                () =>
                {
                    for (var line = 0; line < 5000; line++)
                    {
                        output.WriteLine(name, isError: line % 2 == 0, Encoding.UTF8.GetBytes($"{name} {line} {new string('x', line % 300)}"));
                        if (line % 100 == 0)
                        {
                            output.WriteMessage($"own {line}");
                        }
                    }
                },
                TaskCreationOptions.LongRunning)));
        }

        var lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names)
        {
            Assert.Equal(
                Enumerable.Range(0, 5000).Select(line => $"{name,-15} | {name} {line} {new string('x', line % 300)}"),
                lines.Where(line => line.StartsWith($"{name} ", StringComparison.Ordinal)));
        }

        Assert.Equal(100, lines.Count(line => line.StartsWith("lab             | own", StringComparison.Ordinal)));
    }

    [Fact]
    public void Bytes_of_a_line_are_written_unchanged()
    {
        using var stream = new MemoryStream();
        using (var output = new OutputWriter(stream, ["a"], useColors: false))
        {
            output.WriteLine("a", isError: false, [0, 255, 254, 13]);
        }

        Assert.Equal("a   | "u8.ToArray().Concat(new byte[] { 0, 255, 254, 13, 10 }), stream.ToArray());
    }

    [Fact]
    public void Prefix_is_colored_on_a_terminal_and_the_line_is_not()
    {
        using var stream = new MemoryStream();
        using (var output = new OutputWriter(stream, ["a", "b"], useColors: true))
        {
            output.WriteLine("a", isError: false, "x"u8);
            output.WriteLine("b", isError: false, "y"u8);
        }

        Assert.Equal("\e[36ma   |\e[0m x\n\e[33mb   |\e[0m y\n", Encoding.UTF8.GetString(stream.ToArray()));
    }
}
