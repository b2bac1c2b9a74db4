using LogTailer.Blocks;
using LogTailer.Follow;

namespace LogTailer.Tests.Follow;

/// <summary>Reading one file into blocks: progress, backpressure, truncation.</summary>
public sealed class FileReaderTests
{
    [Fact]
    public void Complete_lines_are_read_and_an_incomplete_one_is_left()
    {
        using var follow = Start("1\n22\nhalf");

        Assert.Equal(ReadProgress.Some, Read(follow));
        Assert.Equal(["1", "22"], follow.TakeLines());
        Assert.Equal(ReadProgress.None, Read(follow));

        follow.Directory.AppendToFile("app.log", " done\n");
        Assert.Equal(ReadProgress.Some, Read(follow));
        Assert.Equal(["half done"], follow.TakeLines());
    }

    [Fact]
    public void Reading_stops_at_the_stop_offset()
    {
        using var follow = Start("1\n");
        follow.Files.Ordered[0].StopOffset = 2;
        Read(follow);
        follow.Directory.AppendToFile("app.log", "2\n");

        Assert.Equal(ReadProgress.None, Read(follow));
        Assert.Equal(["1"], follow.TakeLines());
    }

    [Fact]
    public void Reading_is_blocked_while_no_block_is_free()
    {
        using var follow = Start(CreateLines(2000));

        Assert.Equal(ReadProgress.Blocked, Read(follow));
        var first = follow.TakeLines();

        while (Read(follow) != ReadProgress.None)
        {
            first.AddRange(follow.TakeLines());
        }

        Assert.Equal(2000, first.Count);
        Assert.Empty(follow.Problems.Open);
    }

    [Fact]
    public void Drop_mode_skips_lines_and_reports_the_new_offset_in_order()
    {
        using var follow = Start(CreateLines(2000), BackpressureMode.Drop);

        Assert.Equal(ReadProgress.Blocked, Read(follow));
        var file = follow.Files.Ordered[0];
        Assert.True(file.HasUnreportedDrop);
        Assert.Equal(file.Size, file.ReadOffset);
        Assert.Contains("Sink:OnFull", Assert.Single(follow.Problems.Open).What, StringComparison.Ordinal);

        var shipped = follow.TakeLines().Count;
        Assert.InRange(shipped, 1, 1999);
        Assert.NotEqual(file.ReadOffset, file.Acknowledged);

        Read(follow);
        Assert.Empty(follow.TakeLines());
        Assert.Equal(file.ReadOffset, file.Acknowledged);
    }

    [Fact]
    public void Truncated_file_is_replaced_by_one_that_starts_at_byte_zero()
    {
        using var follow = Start("before 1\nbefore 2\n");
        Read(follow);
        follow.TakeLines();
        var before = follow.Files.Ordered[0];

        follow.Directory.TruncateAndWrite("app.log", "after\n");
        Read(follow);

        Assert.Equal(["after"], follow.TakeLines());
        Assert.NotSame(before, follow.Files.Ordered[0]);
        Assert.Null(before.Handle);
    }

    [Fact]
    public void Replaced_content_of_greater_length_is_detected_by_the_fingerprint()
    {
        using var follow = Start("before\n");
        Read(follow);
        follow.TakeLines();

        follow.Directory.TruncateAndWrite("app.log", "after, with more text than before\n");
        Read(follow);

        Assert.Equal(["after, with more text than before"], follow.TakeLines());
    }

    [Fact]
    public void Late_acknowledgement_of_replaced_content_has_no_effect()
    {
        using var follow = Start("before 1\nbefore 2\n");
        Read(follow);
        var before = follow.Files.Ordered[0];
        follow.Directory.TruncateAndWrite("app.log", "after\n");
        Read(follow);

        before.AcknowledgeUpTo(18);

        Assert.Equal(0, follow.Files.Ordered[0].Acknowledged);
    }

    [Fact]
    public void Finishing_a_file_ships_its_incomplete_last_line_and_closes_it()
    {
        using var follow = Start("1\ntorn");
        var file = follow.Files.Ordered[0];

        Assert.True(follow.Reader.TryFinishFile(file, CancellationToken.None));

        Assert.Equal(["1", "torn"], follow.TakeLines());
        Assert.Null(file.Handle);
        Assert.Equal(6, file.ReadOffset);
    }

    private static FollowFixture Start(string content, BackpressureMode mode = BackpressureMode.Wait)
    {
        var follow = new FollowFixture(mode: mode);
        follow.Directory.AppendToFile("app.log", content);
        follow.ScanFiles();
        return follow;
    }

    private static ReadProgress Read(FollowFixture follow) => follow.Reader.ReadFile(follow.Files.Ordered[0], CancellationToken.None);

    private static string CreateLines(int count)
        => string.Concat(Enumerable.Range(0, count).Select(i => $"{i} ".PadRight(999, 'x') + "\n"));
}
