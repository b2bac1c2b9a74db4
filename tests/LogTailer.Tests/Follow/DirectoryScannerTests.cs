using LogTailer.Follow.Changes;

namespace LogTailer.Tests.Follow;

/// <summary>Finding the files of a pattern, and listing a directory only when it may have changed.</summary>
public sealed class DirectoryScannerTests
{
    [Fact]
    public void Listing_contains_matching_files_and_no_directories()
    {
        using var follow = new FollowFixture("app*.log");
        follow.Directory.AppendToFile("app.log", "1\n");
        follow.Directory.AppendToFile("app_1.log", "1\n");
        follow.Directory.AppendToFile("other.log", "1\n");
        Directory.CreateDirectory(follow.Directory["app_directory.log"]);

        var found = follow.Scanner.ListDirectory();

        Assert.Equal(
            [follow.Directory["app.log"], follow.Directory["app_1.log"]], found.Select(file => file.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Missing_directory_is_an_empty_listing()
    {
        using var follow = new FollowFixture("missing/app*.log");

        Assert.Empty(follow.Scanner.ListDirectory());
    }

    [Fact]
    public void Listing_is_repeated_when_names_change_during_it()
    {
        using var follow = new FollowFixture("app*.log");
        follow.Schedule.StartScan();
        follow.Signal.Changes.Enqueue(FileChange.None);
        follow.Signal.Changes.Enqueue(FileChange.Names);
        follow.Signal.Changes.Enqueue(FileChange.None);

        follow.Scanner.ListDirectory();

        Assert.Empty(follow.Signal.Changes);
        Assert.False(follow.Changes.NamesChanged);
    }

    [Fact]
    public void Constant_renaming_does_not_block_the_listing()
    {
        using var follow = new FollowFixture("app*.log");
        follow.Schedule.StartScan();
        follow.Time.Advance(follow.Options.PollInterval);
        follow.Signal.Changes.Enqueue(FileChange.None);
        follow.Signal.Changes.Enqueue(FileChange.Names);

        follow.Scanner.ListDirectory();

        Assert.True(follow.Changes.NamesChanged);
    }

    [Fact]
    public void Unchanged_directory_is_not_listed_again_after_it_has_settled()
    {
        using var follow = new FollowFixture("app*.log");
        follow.Directory.AppendToFile("app.log", "1\n");
        follow.ScanFiles();
        Assert.True(follow.Scanner.NeedsListing());
        Assert.True(follow.Scanner.NeedsListing());

        follow.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(follow.Scanner.IsSettled);
        Assert.False(follow.Scanner.NeedsListing());

        follow.Directory.AppendToFile("app_1.log", "1\n");
        Assert.True(follow.Scanner.NeedsListing());
    }

    [Fact]
    public void Announced_name_change_requires_a_listing()
    {
        using var follow = new FollowFixture("app*.log");
        follow.Directory.AppendToFile("app.log", "1\n");
        follow.ScanFiles();
        follow.Scanner.NeedsListing();
        follow.Time.Advance(TimeSpan.FromSeconds(2));

        follow.Changes.RequestScan();

        Assert.True(follow.Scanner.NeedsListing());
    }

    [Fact]
    public void Link_target_is_watched_only_when_the_file_changed()
    {
        using var follow = new FollowFixture("current.log");
        Directory.CreateDirectory(follow.Directory["data"]);
        follow.Directory.AppendToFile("data/1.log", "1\n");
        follow.Directory.ReplaceSymbolicLink("current.log", follow.Directory["data/1.log"]);

        var found = Assert.Single(follow.Scanner.ScanPath(null));
        Assert.Equal([follow.Directory["data"]], follow.Signal.Watched);

        follow.Scanner.ScanPath(found.Stat.Identity);
        Assert.Single(follow.Signal.Watched);
    }
}
