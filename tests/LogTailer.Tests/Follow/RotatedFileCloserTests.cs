namespace LogTailer.Tests.Follow;

/// <summary>When a rotated file is closed and removed.</summary>
public sealed class RotatedFileCloserTests
{
    [Fact]
    public void Renamed_file_is_closed_after_the_rotate_wait_and_removed_when_acknowledged()
    {
        using var follow = StartRotated(withSuccessor: true);
        follow.ReadFiles();
        Assert.Equal(["1", "2"], follow.TakeLines());

        follow.Closer.CloseFinishedFiles(isStopping: false, CancellationToken.None);
        Assert.NotNull(follow.Files.Ordered[0].Handle);

        follow.Time.Advance(TimeSpan.FromSeconds(6));
        follow.Closer.CloseFinishedFiles(isStopping: false, CancellationToken.None);
        Assert.Null(follow.Files.Ordered[0].Handle);
        Assert.Equal(2, follow.Files.Ordered.Length);

        Assert.Equal(["torn"], follow.TakeLines());
        follow.Closer.CloseFinishedFiles(isStopping: false, CancellationToken.None);
        Assert.Equal(["app.log"], follow.GetFileNames());
    }

    [Fact]
    public void Renamed_file_without_a_successor_stays_open()
    {
        using var follow = StartRotated(withSuccessor: false);
        follow.ReadFiles();
        follow.TakeLines();
        follow.Time.Advance(TimeSpan.FromHours(1));

        follow.Closer.CloseFinishedFiles(isStopping: false, CancellationToken.None);

        Assert.NotNull(Assert.Single(follow.Files.Ordered).Handle);
    }

    [Fact]
    public void Incomplete_last_line_is_left_for_the_next_run_while_stopping()
    {
        using var follow = StartRotated(withSuccessor: true);
        follow.ReadFiles();
        follow.Time.Advance(TimeSpan.FromHours(1));

        follow.Closer.CloseFinishedFiles(isStopping: true, CancellationToken.None);

        Assert.Equal(["1", "2"], follow.TakeLines());
        Assert.NotNull(follow.Files.Ordered[0].Handle);
    }

    [Fact]
    public void File_deleted_after_it_was_renamed_is_detected()
    {
        using var follow = StartRotated(withSuccessor: false);
        follow.Closer.DetectDeletedFiles();
        Assert.False(follow.Files.Ordered[0].IsDeleted);

        follow.Directory.DeleteFile("app.log.1");
        follow.Closer.DetectDeletedFiles();

        Assert.True(follow.Files.Ordered[0].IsDeleted);
    }

    private static FollowFixture StartRotated(bool withSuccessor)
    {
        var follow = new FollowFixture();
        follow.Directory.AppendToFile("app.log", "1\ntorn");
        follow.ScanFiles();
        follow.Directory.RenameFile("app.log", "app.log.1");

        if (withSuccessor)
        {
            follow.Directory.AppendToFile("app.log", "2\n");
        }

        follow.ScanFiles();
        return follow;
    }
}
