using ConfigReloader.Sources;
using ConfigReloader.Tests.Support;
using TestKit;

namespace ConfigReloader.Tests.Sources;

public sealed class WatchedSourceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_swap_with_the_same_bytes_has_the_same_fingerprint()
    {
        var volume = new ConfigMapVolume(_directory["config"], ("a", "1"), ("b", "2"));
        var before = Read(WatchedSource.ForDirectory(volume.Path));

        volume.Swap(("a", "1"), ("b", "2"));

        Assert.Equal(before.Fingerprint, Read(WatchedSource.ForDirectory(volume.Path)).Fingerprint);
    }

    [Theory]
    [InlineData("a", "1", "b", "3")] // another value
    [InlineData("a", "1", "c", "2")] // another name
    [InlineData("a", "12", "b", "")] // the same bytes, parted elsewhere
    [InlineData("a", "1", "d/b", "2")] // another directory
    public void Whatever_the_application_would_read_differently_changes_the_fingerprint(string key1, string value1, string key2, string value2)
    {
        var volume = new ConfigMapVolume(_directory["config"], ("a", "1"), ("b", "2"));
        var before = Read(WatchedSource.ForDirectory(volume.Path));

        volume.Swap((key1, value1), (key2, value2));

        Assert.NotEqual(before.Fingerprint, Read(WatchedSource.ForDirectory(volume.Path)).Fingerprint);
    }

    [Fact]
    public void A_removed_key_changes_the_fingerprint()
    {
        var volume = new ConfigMapVolume(_directory["config"], ("a", "1"), ("b", "2"));
        var before = Read(WatchedSource.ForDirectory(volume.Path));

        volume.Swap(("a", "1"));

        var after = Read(WatchedSource.ForDirectory(volume.Path));
        Assert.NotEqual(before.Fingerprint, after.Fingerprint);
        Assert.Equal(["a"], after.Files.Select(file => file.Name));
    }

    [Fact]
    public void Files_are_named_once_though_they_are_reached_through_two_links()
    {
        var volume = new ConfigMapVolume(_directory["config"], ("a", "1"), ("sub/b", "2"));

        Assert.Equal(["a", "sub/b"], Read(WatchedSource.ForDirectory(volume.Path)).Files.Select(file => file.Name));
    }

    [Fact]
    public void A_plain_directory_is_read_with_its_subdirectories()
    {
        Directory.CreateDirectory(_directory["plain/sub"]);
        File.WriteAllText(_directory["plain/sub/a"], "1");
        File.WriteAllText(_directory["plain/b"], "2");

        Assert.Equal(["b", "sub/a"], Read(WatchedSource.ForDirectory(_directory["plain"])).Files.Select(file => file.Name));
    }

    [Fact]
    public void A_watched_file_is_seen_through_a_swap_and_its_siblings_are_not()
    {
        var volume = new ConfigMapVolume(_directory["config"], ("a", "1"), ("b", "2"));
        var source = WatchedSource.ForFile(Path.Combine(volume.Path, "a"));
        var before = Read(source);

        volume.Swap(("a", "1"), ("b", "other"));
        var sibling = Read(source);
        volume.Swap(("a", "new"), ("b", "other"));

        Assert.Equal(before.Fingerprint, sibling.Fingerprint);
        Assert.NotEqual(before.Fingerprint, Read(source).Fingerprint);
    }

    [Fact]
    public async Task A_snapshot_never_mixes_two_versions_however_often_they_are_swapped()
    {
        static (string, string)[] Version(int i) => [.. Enumerable.Range(0, 20).Select(key => ($"key{key:00}", $"{i}"))];

        var volume = new ConfigMapVolume(_directory["config"], Version(0));
        var swaps = Task.Run(() =>
        {
            for (var i = 1; i <= 300; i++)
            {
                volume.Swap(Version(i));
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
                continue; // Swapped faster than it can be read: said, and read again later.
            }

            Assert.Equal(20, snapshot.Files.Count);
            seen.Add(Assert.Single(snapshot.Files.Select(file => System.Text.Encoding.UTF8.GetString(file.Content.Span)).Distinct()));
        }
        while (!swaps.IsCompleted);

        await swaps;
        Assert.True(seen.Count > 1, "the reading never met a swap");
    }

    [Fact]
    public void A_missing_directory_is_said_with_a_remedy()
    {
        var unreadable = Assert.Throws<SourceUnreadableException>(() => Read(WatchedSource.ForDirectory(_directory["nowhere"])));

        Assert.Contains(_directory["nowhere"], unreadable.Message, StringComparison.Ordinal);
        Assert.Contains("Mount", unreadable.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_said()
    {
        var volume = new ConfigMapVolume(_directory["config"], ("a", "1"));

        Assert.Throws<SourceUnreadableException>(() => Read(WatchedSource.ForFile(Path.Combine(volume.Path, "b"))));
    }

    [Fact]
    public void A_link_to_a_parent_ends_with_an_error_and_not_never()
    {
        Directory.CreateDirectory(_directory["loop"]);
        File.CreateSymbolicLink(_directory["loop/again"], _directory["loop"]);

        Assert.Throws<SourceUnreadableException>(() => Read(WatchedSource.ForDirectory(_directory["loop"])));
    }

    private static SourceSnapshot Read(WatchedSource source) => source.ReadSnapshot(withContent: false, CancellationToken.None);

    [LinuxPipeFact]
    public void A_pipe_is_passed_over_and_not_waited_for()
    {
        var volume = new ConfigMapVolume(_directory["config"], ("key", "1"));
        var before = WatchedSource.ForDirectory(volume.Path).ReadSnapshot(withContent: false, CancellationToken.None);
        LinuxPipeFactAttribute.Make(Path.Combine(volume.Path, "pipe"));
        File.CreateSymbolicLink(Path.Combine(volume.Path, "link"), "pipe");

        var after = Task.Run(() => WatchedSource.ForDirectory(volume.Path).ReadSnapshot(withContent: true, CancellationToken.None));

        Assert.True(after.Wait(Eventually.Deadline), "it waits for the pipe");
        Assert.Equal(before.Fingerprint, after.Result.Fingerprint);
    }

    [LinuxPipeFact]
    public void A_watched_file_that_is_a_pipe_is_refused_and_not_waited_for()
    {
        LinuxPipeFactAttribute.Make(_directory["pipe"]);

        var read = Task.Run(() => WatchedSource.ForFile(_directory["pipe"]).ReadSnapshot(withContent: false, CancellationToken.None));

        var unreadable = Assert.Throws<SourceUnreadableException>(() => read.WaitAsync(Eventually.Deadline).GetAwaiter().GetResult());
        Assert.Contains("is a pipe", unreadable.Message, StringComparison.Ordinal);
    }
}
