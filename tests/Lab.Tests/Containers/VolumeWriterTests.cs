using Lab.Containers.Local;
using Lab.Tests.Pods;
using TestKit;

namespace Lab.Tests.Containers;

public sealed class VolumeWriterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Files_are_reached_through_the_data_link_as_in_a_kubelets_volume()
    {
        Write(("tls.crt", "one"), ("nested/a", "two"));

        Assert.Equal("..data/tls.crt", new FileInfo(_directory["tls.crt"]).LinkTarget);
        Assert.Equal("..data/nested", new FileInfo(_directory["nested"]).LinkTarget);
        Assert.Matches(@"^\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d+$", new FileInfo(_directory["..data"]).LinkTarget);
        Assert.Equal("one", File.ReadAllText(_directory["tls.crt"]));
        Assert.Equal("two", File.ReadAllText(_directory["nested/a"]));
    }

    [Fact]
    public void An_update_swaps_one_link_and_leaves_the_visible_names_alone()
    {
        Write(("a", "1"), ("b", "1"));
        var before = (Data: new FileInfo(_directory["..data"]).LinkTarget, Leaf: new FileInfo(_directory["a"]).CreationTimeUtc);

        Write(("a", "2"), ("c", "2"));

        Assert.NotEqual(before.Data, new FileInfo(_directory["..data"]).LinkTarget);
        Assert.Equal("2", File.ReadAllText(_directory["a"]));
        Assert.Equal("2", File.ReadAllText(_directory["c"]));
        Assert.False(Path.Exists(_directory["b"]));
        Assert.False(Path.Exists(_directory[before.Data!]));
    }

    [Fact]
    public void The_same_files_again_change_nothing()
    {
        Write(("a", "1"));
        var data = new FileInfo(_directory["..data"]).LinkTarget;

        Write(("a", "1"));

        Assert.Equal(data, new FileInfo(_directory["..data"]).LinkTarget);
    }

    [Fact]
    public async Task A_reader_sees_all_old_files_or_all_new_ones()
    {
        Write(("a", "0"), ("b", "0"));
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
                    // The generation was removed while it was read: a reader tries again.
                }
            }
        });
        for (var round = 1; round <= 200; round++)
        {
            Write(("a", $"{round}"), ("b", $"{round}"));
        }

        await Eventually.AssertAsync(() => File.ReadAllText(_directory["b"]) == "200", "the last update");
        await Eventually.AssertAsync(() => Volatile.Read(ref seen) > 0, "a reader that read");
        await stop.CancelAsync();
        await reader;
    }

    [Fact]
    public void A_mode_is_the_manifests()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        VolumeWriter.Write(_directory.Path, new Dictionary<string, VolumeFile> { ["key"] = new([1], 0b100_100_000) }, new FakeClock());

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead, File.GetUnixFileMode(_directory["key"]));
    }

    private void Write(params (string Name, string Text)[] files) => VolumeWriter.Write(
        _directory.Path,
        files.ToDictionary(file => file.Name, file => new VolumeFile(System.Text.Encoding.UTF8.GetBytes(file.Text), 0b110_100_100)),
        TimeProvider.System);
}
