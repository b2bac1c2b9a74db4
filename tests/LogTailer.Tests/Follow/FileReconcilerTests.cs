using LogTailer.Checkpoint;
using LogTailer.Files;
using LogTailer.Follow;

namespace LogTailer.Tests.Follow;

/// <summary>Comparing a scan with the known files.</summary>
public sealed class FileReconcilerTests
{
    [Fact]
    public void Unchanged_scan_changes_nothing()
    {
        using var follow = new FollowFixture();
        follow.Directory.AppendToFile("app.log", "1\n");
        follow.ScanFiles();
        var changes = follow.PositionChanges;

        Assert.False(follow.Reconciler.ReconcileFiles(follow.Scanner.ScanPath(null)));
        Assert.Equal(changes, follow.PositionChanges);
    }

    [Fact]
    public void Renamed_file_within_the_glob_keeps_its_position()
    {
        using var follow = new FollowFixture("app.log*");
        follow.Directory.AppendToFile("app.log", "1\n");
        follow.ScanFiles();
        var file = Assert.Single(follow.Files.Ordered);

        follow.Directory.RenameFile("app.log", "app.log.1");
        follow.Directory.AppendToFile("app.log", "2\n");
        follow.ScanFiles();

        Assert.Equal(["app.log.1", "app.log"], follow.GetFileNames());
        Assert.Same(file, follow.Files.Ordered[0]);
        Assert.Null(file.RotatedAt);
    }

    [Fact]
    public void File_renamed_out_of_the_pattern_is_marked_and_its_successor_started()
    {
        using var follow = new FollowFixture();
        follow.Directory.AppendToFile("app.log", "1\n");
        follow.ScanFiles();

        follow.Directory.RenameFile("app.log", "app.log.1");
        follow.Directory.AppendToFile("app.log", "2\n");
        follow.ScanFiles();

        Assert.Equal(2, follow.Files.Ordered.Length);
        Assert.NotNull(follow.Files.Ordered[0].RotatedAt);
        Assert.False(follow.Files.Ordered[0].IsDeleted);
        Assert.Null(follow.Files.Ordered[1].RotatedAt);
    }

    [Fact]
    public void Deleted_file_is_marked_as_deleted()
    {
        using var follow = new FollowFixture();
        follow.Directory.AppendToFile("app.log", "1\n");
        follow.ScanFiles();

        follow.Directory.DeleteFile("app.log");
        follow.ScanFiles();

        Assert.True(Assert.Single(follow.Files.Ordered).IsDeleted);
        Assert.Contains("There is no app.log", follow.FileProblems.WaitingFor, StringComparison.Ordinal);
    }

    [Fact]
    public void Restored_file_continues_at_its_offset()
    {
        using var follow = StartWithCheckpoint("1\n22\n", default, offset: 2);

        follow.ScanFiles();

        Assert.Equal(2, Assert.Single(follow.Files.Ordered).ReadOffset);
        Assert.True(follow.Restored.IsEmpty);
    }

    [Fact]
    public void File_with_another_fingerprint_starts_at_byte_zero()
    {
        using var follow = StartWithCheckpoint("1\n22\n", new Fingerprint(2, 12345), offset: 2);

        follow.ScanFiles();

        Assert.Equal(0, Assert.Single(follow.Files.Ordered).ReadOffset);
    }

    [Fact]
    public void File_shorter_than_its_offset_starts_at_byte_zero()
    {
        using var follow = StartWithCheckpoint("1\n", default, offset: 100);

        follow.ScanFiles();

        Assert.Equal(0, Assert.Single(follow.Files.Ordered).ReadOffset);
    }

    [Fact]
    public void From_end_starts_after_the_last_complete_line()
    {
        using var follow = new FollowFixture(from: TailStart.End);
        follow.Directory.AppendToFile("app.log", "1\n22\nhalf");

        follow.ScanFiles();

        Assert.Equal(5, Assert.Single(follow.Files.Ordered).ReadOffset);
    }

    [Fact]
    public void From_end_reads_files_that_appear_later_completely()
    {
        using var follow = new FollowFixture(from: TailStart.End);
        follow.ScanFiles();
        follow.Directory.AppendToFile("app.log", "1\n");

        follow.ScanFiles();

        Assert.Equal(0, Assert.Single(follow.Files.Ordered).ReadOffset);
    }

    private static FollowFixture StartWithCheckpoint(string content, Fingerprint fingerprint, long offset)
    {
        using var directory = new TemporaryDirectory();
        directory.AppendToFile("app.log", content);
        Assert.True(FileStat.TryReadPath(directory["app.log"], out var stat));
        var position = new CheckpointedPosition("/elsewhere/app.log", stat.Identity, fingerprint, offset);
        var follow = new FollowFixture(restored: [position]);
        File.Move(directory["app.log"], follow.Directory["app.log"]);
        return follow;
    }
}
