using System.Text;
using ConfigReloader.Rendering;
using ConfigReloader.Sources;
using TestKit;

namespace ConfigReloader.Tests.Rendering;

public sealed class RenderedOutputTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_rendered_directory_holds_what_was_rendered_last_and_nothing_else()
    {
        var output = new RenderedDirectory(_directory["out"], TimeProvider.System);

        output.ReplaceContent([File("a", "1"), File("sub/b", "2")]);
        output.ReplaceContent([File("a", "3"), File("c", "4")]);

        Assert.Equal("3", System.IO.File.ReadAllText(_directory["out/a"]));
        Assert.Equal("4", System.IO.File.ReadAllText(_directory["out/c"]));
        Assert.Equal(
            ["a", "c"],
            Directory.EnumerateFileSystemEntries(_directory["out"]).Select(Path.GetFileName).Where(name => !name!.StartsWith("..", StringComparison.Ordinal)).Order());
        Assert.Single(Directory.EnumerateDirectories(_directory["out"], "..2*"));
    }

    [Fact]
    public void The_same_content_again_touches_nothing()
    {
        var output = new RenderedDirectory(_directory["out"], TimeProvider.System);
        Assert.True(output.ReplaceContent([File("a", "1")]));
        var before = new FileInfo(_directory["out/..data"]).LinkTarget;

        Assert.False(output.ReplaceContent([File("a", "1")]));
        Assert.Equal(before, new FileInfo(_directory["out/..data"]).LinkTarget);
    }

    [Fact]
    public async Task A_reader_sees_all_of_the_old_or_all_of_the_new()
    {
        var output = new RenderedDirectory(_directory["out"], TimeProvider.System);
        output.ReplaceContent([File("a", "0"), File("b", "0")]);
        var writer = Task.Run(() =>
        {
            for (var i = 1; i <= 300; i++)
            {
                output.ReplaceContent([File("a", $"{i}"), File("b", $"{i}")]);
            }
        });

        do
        {
            // The reader of this project: what it reads is of one version, or it reads again.
            var snapshot = WatchedSource.ForDirectory(_directory["out"]).ReadSnapshot(withContent: true, CancellationToken.None);
            Assert.Equal(["a", "b"], snapshot.Files.Select(file => file.Name));
            Assert.Single(snapshot.Files.Select(file => Encoding.UTF8.GetString(file.Content.Span)).Distinct());
            // And of any reader: a visible name is there at any time.
            Assert.NotEmpty(System.IO.File.ReadAllText(_directory["out/a"]));
        }
        while (!writer.IsCompleted);

        await writer;
    }

    [Fact]
    public void What_a_killed_rendering_left_is_removed_by_the_next()
    {
        Directory.CreateDirectory(_directory["out/..2026_01_01_00_00_00.0000000"]);
        System.IO.File.WriteAllText(_directory["out/..2026_01_01_00_00_00.0000000/half"], "x");
        System.IO.File.CreateSymbolicLink(_directory["out/..data_new"], "..2026_01_01_00_00_00.0000000");

        new RenderedDirectory(_directory["out"], TimeProvider.System).ReplaceContent([File("a", "1")]);

        Assert.Equal(["..data", "a"], Directory.EnumerateFileSystemEntries(_directory["out"]).Select(Path.GetFileName).Where(name => !name!.StartsWith("..2", StringComparison.Ordinal)).Order());
        Assert.Single(Directory.EnumerateDirectories(_directory["out"], "..2*"));
    }

    [Fact]
    public void A_file_of_somebody_else_is_not_overwritten_by_a_link()
    {
        Directory.CreateDirectory(_directory["out"]);
        System.IO.File.WriteAllText(_directory["out/a"], "mine");

        Assert.ThrowsAny<IOException>(() => new RenderedDirectory(_directory["out"], TimeProvider.System).ReplaceContent([File("a", "1")]));
        Assert.Equal("mine", System.IO.File.ReadAllText(_directory["out/a"]));
    }

    [Fact]
    public void A_rendered_file_is_replaced_whole()
    {
        var output = new RenderedFile(_directory["out/app.json"]);

        Assert.True(output.ReplaceContent([File("app.json", "1")]));
        Assert.True(output.ReplaceContent([File("app.json", "2")]));
        Assert.False(output.ReplaceContent([File("app.json", "2")]));

        Assert.Equal("2", System.IO.File.ReadAllText(_directory["out/app.json"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(_directory["out"]));
    }

    private static SourceFile File(string name, string content) => new(name, content.Length, Encoding.UTF8.GetBytes(content));
}
