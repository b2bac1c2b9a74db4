using System.Text;
using ConfigReloader.Rendering;
using ConfigReloader.Sources;

namespace ConfigReloader.Tests.Rendering;

public sealed class RenderedOutputTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Rendered_directory_contains_only_the_files_of_the_last_rendering()
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
    public void Rendering_the_same_content_again_writes_nothing()
    {
        var output = new RenderedDirectory(_directory["out"], TimeProvider.System);
        Assert.True(output.ReplaceContent([File("a", "1")]));
        var before = new FileInfo(_directory["out/..data"]).LinkTarget;

        Assert.False(output.ReplaceContent([File("a", "1")]));
        Assert.Equal(before, new FileInfo(_directory["out/..data"]).LinkTarget);
    }

    [Fact]
    public async Task Reader_sees_either_all_old_files_or_all_new_ones()
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
            // The reader of this project never returns a mix of two versions.
            var snapshot = WatchedSource.ForDirectory(_directory["out"]).ReadSnapshot(withContent: true, CancellationToken.None);
            Assert.Equal(["a", "b"], snapshot.Files.Select(file => file.Name));
            Assert.Single(snapshot.Files.Select(file => Encoding.UTF8.GetString(file.Content.Span)).Distinct());

            // For any other reader, the visible names exist at all times.
            Assert.NotEmpty(System.IO.File.ReadAllText(_directory["out/a"]));
        }
        while (!writer.IsCompleted);

        await writer;
    }

    [Fact]
    public void Leftovers_of_a_killed_rendering_are_deleted_by_the_next_one()
    {
        Directory.CreateDirectory(_directory["out/..2026_01_01_00_00_00.0000000"]);
        System.IO.File.WriteAllText(_directory["out/..2026_01_01_00_00_00.0000000/half"], "x");
        System.IO.File.CreateSymbolicLink(_directory["out/..data_new"], "..2026_01_01_00_00_00.0000000");

        new RenderedDirectory(_directory["out"], TimeProvider.System).ReplaceContent([File("a", "1")]);

        Assert.Equal(["..data", "a"], Directory.EnumerateFileSystemEntries(_directory["out"]).Select(Path.GetFileName).Where(name => !name!.StartsWith("..2", StringComparison.Ordinal)).Order());
        Assert.Single(Directory.EnumerateDirectories(_directory["out"], "..2*"));
    }

    [Fact]
    public void Existing_foreign_file_is_not_replaced_by_a_link()
    {
        Directory.CreateDirectory(_directory["out"]);
        System.IO.File.WriteAllText(_directory["out/a"], "foreign");

        Assert.ThrowsAny<IOException>(() => new RenderedDirectory(_directory["out"], TimeProvider.System).ReplaceContent([File("a", "1")]));
        Assert.Equal("foreign", System.IO.File.ReadAllText(_directory["out/a"]));
    }

    [Fact]
    public void Rendered_file_is_replaced_atomically()
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
