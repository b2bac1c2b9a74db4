using Lab.Containers.Local;
using Microsoft.Extensions.Time.Testing;

namespace Lab.Tests.Containers;

public sealed class VolumeWriterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Files_are_links_through_the_data_link_as_in_a_kubelet_volume()
    {
        WriteFiles(("tls.crt", "one"), ("nested/a", "two"));

        Assert.Equal("..data/tls.crt", new FileInfo(_directory["tls.crt"]).LinkTarget);
        Assert.Equal("..data/nested", new FileInfo(_directory["nested"]).LinkTarget);
        Assert.Matches(@"^\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d+$", new FileInfo(_directory["..data"]).LinkTarget);
        Assert.Equal("one", File.ReadAllText(_directory["tls.crt"]));
        Assert.Equal("two", File.ReadAllText(_directory["nested/a"]));
    }

    [Fact]
    public void Update_replaces_one_link_and_keeps_the_visible_names()
    {
        WriteFiles(("a", "1"), ("b", "1"));
        var before = (Data: new FileInfo(_directory["..data"]).LinkTarget, Leaf: new FileInfo(_directory["a"]).CreationTimeUtc);

        WriteFiles(("a", "2"), ("c", "2"));

        Assert.NotEqual(before.Data, new FileInfo(_directory["..data"]).LinkTarget);
        Assert.Equal("2", File.ReadAllText(_directory["a"]));
        Assert.Equal("2", File.ReadAllText(_directory["c"]));
        Assert.False(Path.Exists(_directory["b"]));
        Assert.False(Path.Exists(_directory[before.Data!]));
    }

    [Fact]
    public void Writing_the_same_files_again_changes_nothing()
    {
        WriteFiles(("a", "1"));
        var data = new FileInfo(_directory["..data"]).LinkTarget;

        WriteFiles(("a", "1"));

        Assert.Equal(data, new FileInfo(_directory["..data"]).LinkTarget);
    }

    [Fact]
    public async Task Reader_sees_either_all_old_files_or_all_new_ones()
    {
        WriteFiles(("a", "0"), ("b", "0"));
        using var stop = new CancellationTokenSource();
        var seen = 0;
        var reader = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var generation = _directory[new FileInfo(_directory["..data"]).LinkTarget!];
                    Assert.Equal(File.ReadAllText(Path.Combine(generation, "a")), File.ReadAllText(Path.Combine(generation, "b")));
                    Interlocked.Increment(ref seen);
                }
                catch (IOException)
                {
                    // The generation was deleted during the read: a reader tries again.
                }
            }
        });
        for (var round = 1; round <= 200; round++)
        {
            WriteFiles(("a", $"{round}"), ("b", $"{round}"));
        }

        await Eventually.AssertAsync(() => File.ReadAllText(_directory["b"]) == "200", "the last update");
        await Eventually.AssertAsync(() => Volatile.Read(ref seen) > 0, "a reader that read");
        await stop.CancelAsync();
        await reader;
    }

    [Fact]
    public void File_mode_is_the_one_of_the_manifest()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var files = new Dictionary<string, VolumeFile> { ["key"] = new([1], 0b100_100_000) };
        VolumeWriter.WriteFiles(_directory.Path, files, new FakeTimeProvider());

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead, File.GetUnixFileMode(_directory["key"]));
    }

    private void WriteFiles(params (string Name, string Text)[] files) => VolumeWriter.WriteFiles(
        _directory.Path,
        files.ToDictionary(file => file.Name, file => new VolumeFile(System.Text.Encoding.UTF8.GetBytes(file.Text), 0b110_100_100)),
        TimeProvider.System);
}
