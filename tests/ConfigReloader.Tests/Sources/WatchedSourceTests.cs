using System.Diagnostics;
using ConfigReloader.Sources;
using ConfigReloader.Tests.Support;

namespace ConfigReloader.Tests.Sources;

public sealed class WatchedSourceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Swap_with_the_same_bytes_keeps_the_fingerprint()
    {
        var volume = Volumes.CreateVolume(_directory["config"], ("a", "1"), ("b", "2"));
        var before = Read(WatchedSource.ForDirectory(volume.Path));

        volume.ReplaceFiles(("a", "1"), ("b", "2"));

        Assert.Equal(before.Fingerprint, Read(WatchedSource.ForDirectory(volume.Path)).Fingerprint);
    }

    [Theory]
    [InlineData("a", "1", "b", "3")] // another value
    [InlineData("a", "1", "c", "2")] // another name
    [InlineData("a", "12", "b", "")] // the same bytes, split differently
    [InlineData("a", "1", "d/b", "2")] // another directory
    public void Any_difference_that_the_application_can_read_changes_the_fingerprint(string key1, string value1, string key2, string value2)
    {
        var volume = Volumes.CreateVolume(_directory["config"], ("a", "1"), ("b", "2"));
        var before = Read(WatchedSource.ForDirectory(volume.Path));

        volume.ReplaceFiles((key1, value1), (key2, value2));

        Assert.NotEqual(before.Fingerprint, Read(WatchedSource.ForDirectory(volume.Path)).Fingerprint);
    }

    [Fact]
    public void Removed_key_changes_the_fingerprint()
    {
        var volume = Volumes.CreateVolume(_directory["config"], ("a", "1"), ("b", "2"));
        var before = Read(WatchedSource.ForDirectory(volume.Path));

        volume.ReplaceFiles(("a", "1"));

        var after = Read(WatchedSource.ForDirectory(volume.Path));
        Assert.NotEqual(before.Fingerprint, after.Fingerprint);
        Assert.Equal(["a"], after.Files.Select(file => file.Name));
    }

    [Fact]
    public void File_behind_two_links_is_listed_only_once()
    {
        var volume = Volumes.CreateVolume(_directory["config"], ("a", "1"), ("sub/b", "2"));

        Assert.Equal(["a", "sub/b"], Read(WatchedSource.ForDirectory(volume.Path)).Files.Select(file => file.Name));
    }

    [Fact]
    public void Plain_directory_is_read_with_its_subdirectories()
    {
        Directory.CreateDirectory(_directory["plain/sub"]);
        File.WriteAllText(_directory["plain/sub/a"], "1");
        File.WriteAllText(_directory["plain/b"], "2");

        Assert.Equal(["b", "sub/a"], Read(WatchedSource.ForDirectory(_directory["plain"])).Files.Select(file => file.Name));
    }

    [Fact]
    public void Watched_file_changes_with_a_swap_but_not_with_its_siblings()
    {
        var volume = Volumes.CreateVolume(_directory["config"], ("a", "1"), ("b", "2"));
        var source = WatchedSource.ForFile(Path.Combine(volume.Path, "a"));
        var before = Read(source);

        volume.ReplaceFiles(("a", "1"), ("b", "other"));
        var sibling = Read(source);
        volume.ReplaceFiles(("a", "new"), ("b", "other"));

        Assert.Equal(before.Fingerprint, sibling.Fingerprint);
        Assert.NotEqual(before.Fingerprint, Read(source).Fingerprint);
    }

    [Fact]
    public async Task Snapshot_never_mixes_two_versions_under_continuous_swaps()
    {
        static (string, string)[] Version(int i) => [.. Enumerable.Range(0, 20).Select(key => ($"key{key:00}", $"{i}"))];

        var volume = Volumes.CreateVolume(_directory["config"], Version(0));
        var swaps = Task.Run(() =>
        {
            for (var i = 1; i <= 300; i++)
            {
                volume.ReplaceFiles(Version(i));
            }
        });

        var seen = new HashSet<string>();
        do
        {
            SourceSnapshot snapshot;
            try
            {
                snapshot = WatchedSource.ForDirectory(volume.Path).ReadSnapshot(withContent: true, CancellationToken.None);
            }
            catch (SourceUnreadableException unreadable) when (unreadable.Message.Contains("changed", StringComparison.Ordinal))
            {
                continue; // Swapped faster than it can be read: reported, and read again later.
            }

            Assert.Equal(20, snapshot.Files.Count);
            seen.Add(Assert.Single(snapshot.Files.Select(file => System.Text.Encoding.UTF8.GetString(file.Content.Span)).Distinct()));
        }
        while (!swaps.IsCompleted);

        await swaps;
        Assert.True(seen.Count > 1, "no read overlapped with a swap");
    }

    [Fact]
    public void Missing_directory_is_reported_with_its_path_and_a_remedy()
    {
        var unreadable = Assert.Throws<SourceUnreadableException>(() => Read(WatchedSource.ForDirectory(_directory["nowhere"])));

        Assert.Contains(_directory["nowhere"], unreadable.Message, StringComparison.Ordinal);
        Assert.Contains("Mount", unreadable.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_watched_file_is_reported_as_unreadable()
    {
        var volume = Volumes.CreateVolume(_directory["config"], ("a", "1"));

        Assert.Throws<SourceUnreadableException>(() => Read(WatchedSource.ForFile(Path.Combine(volume.Path, "b"))));
    }

    [Fact]
    public void Link_to_a_parent_directory_is_an_error_not_an_endless_loop()
    {
        Directory.CreateDirectory(_directory["loop"]);
        File.CreateSymbolicLink(_directory["loop/again"], _directory["loop"]);

        Assert.Throws<SourceUnreadableException>(() => Read(WatchedSource.ForDirectory(_directory["loop"])));
    }

    private static SourceSnapshot Read(WatchedSource source) => source.ReadSnapshot(withContent: false, CancellationToken.None);

    [RequiresFact("mkfifo")]
    public void Pipe_in_a_watched_directory_is_skipped_without_blocking()
    {
        var volume = Volumes.CreateVolume(_directory["config"], ("key", "1"));
        var before = WatchedSource.ForDirectory(volume.Path).ReadSnapshot(withContent: false, CancellationToken.None);
        CreatePipe(Path.Combine(volume.Path, "pipe"));
        File.CreateSymbolicLink(Path.Combine(volume.Path, "link"), "pipe");

        var after = Task.Run(() => WatchedSource.ForDirectory(volume.Path).ReadSnapshot(withContent: true, CancellationToken.None));

        Assert.True(after.Wait(Eventually.Deadline), "the read blocks on the pipe");
        Assert.Equal(before.Fingerprint, after.Result.Fingerprint);
    }

    [RequiresFact("mkfifo")]
    public void Watched_file_that_is_a_pipe_is_rejected_without_blocking()
    {
        CreatePipe(_directory["pipe"]);

        var read = Task.Run(() => WatchedSource.ForFile(_directory["pipe"]).ReadSnapshot(withContent: false, CancellationToken.None));

        var unreadable = Assert.Throws<SourceUnreadableException>(() => read.WaitAsync(Eventually.Deadline).GetAwaiter().GetResult());
        Assert.Contains("is a pipe", unreadable.Message, StringComparison.Ordinal);
    }

    private static void CreatePipe(string path)
    {
        using var mkfifo = Process.Start("mkfifo", [path]);
        Assert.True(mkfifo.WaitForExit(Eventually.Deadline));
        Assert.Equal(0, mkfifo.ExitCode);
    }
}
