using LogTailer.Files;

namespace LogTailer.Tests.Follow;

/// <summary>Following real files through every kind of rotation.</summary>
public sealed class RotationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Unshipped_file_renamed_while_the_tailer_was_down_is_finished_first()
    {
        _directory.AppendToFile("app.log", "half");

        await using (var first = Tailing.Start(_directory["app.log"]))
        {
            await first.WaitForScansAsync();
            await first.StopAsync();
        }

        _directory.AppendToFile("app.log", " and half\n");
        _directory.RenameFile("app.log", "app.log.1");
        _directory.AppendToFile("app.log", "new\n");

        await using var second = Tailing.Start(_directory["app.log"]);
        await second.AssertDeliveredAsync("half and half", "new");
    }

    [Fact]
    public async Task Renamed_file_is_drained_before_the_new_one_is_read()
    {
        _directory.AppendToFile("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.AssertDeliveredAsync("1");

        tailing.Sink.Pause();
        _directory.AppendToFile("app.log", "2\n");
        _directory.RenameFile("app.log", "app.log.1");
        _directory.AppendToFile("app.log.1", "3\n");
        _directory.AppendToFile("app.log", "4\n");
        tailing.Sink.Resume();

        await tailing.AssertDeliveredAsync("1", "2", "3", "4");
        Assert.Equal(1, tailing.ReadCounter("log_tailer_rotations_total{rename}"));
    }

    [Fact]
    public async Task Renamed_file_is_read_for_the_rotate_wait_and_then_closed()
    {
        _directory.AppendToFile("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.RotateWait = TimeSpan.FromSeconds(2));
        await tailing.AssertDeliveredAsync("1");

        _directory.RenameFile("app.log", "app.log.1");
        _directory.AppendToFile("app.log", "2\n");
        await tailing.AssertDeliveredAsync("1", "2");
        _directory.AppendToFile("app.log.1", "late\n");

        await tailing.AssertDeliveredAsync("1", "2", "late");
        await Eventually.AssertAsync(() => tailing.Files.Count == 1, () => "The renamed file is not closed.");
        Assert.EndsWith("app.log", tailing.Files[0].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renamed_file_without_a_successor_is_still_followed()
    {
        _directory.AppendToFile("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.RotateWait = TimeSpan.Zero);
        await tailing.AssertDeliveredAsync("1");

        _directory.RenameFile("app.log", "app.log.1");
        await Eventually.AssertAsync(() => tailing.WaitingFor is not null, () => "The rename was not detected.");
        await tailing.WaitForScansAsync();
        _directory.AppendToFile("app.log.1", "2\n");

        await tailing.AssertDeliveredAsync("1", "2");
    }

    [Fact]
    public async Task Incomplete_last_line_of_a_rotated_file_is_shipped_when_closed()
    {
        _directory.AppendToFile("app.log", "1\ntorn");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.AssertDeliveredAsync("1");

        _directory.RenameFile("app.log", "app.log.1");
        _directory.AppendToFile("app.log", "2\n");

        await tailing.AssertDeliveredAsync("1", "2", "torn");
    }

    [Fact]
    public async Task Several_rotations_between_two_scans_lose_nothing_and_keep_the_order()
    {
        // Repeated, because a scan may fall between any two of the renames.
        for (var round = 0; round < 30; round++)
        {
            using var directory = new TemporaryDirectory();
            directory.AppendToFile("app.log", "1\n");
            await using var tailing = Tailing.Start(directory["app.log*"], tail => tail.PollInterval = TimeSpan.FromSeconds(1));
            await tailing.AssertDeliveredAsync("1");

            tailing.Sink.Pause();

            for (var i = 2; i <= 6; i++)
            {
                for (var old = i; old > 1; old--)
                {
                    if (File.Exists(directory[$"app.log.{old - 1}"]))
                    {
                        directory.RenameFile($"app.log.{old - 1}", $"app.log.{old}");
                    }
                }

                directory.RenameFile("app.log", "app.log.1");
                directory.AppendToFile("app.log", $"{i}\n");
            }

            tailing.Sink.Resume();
            await tailing.AssertDeliveredAsync("1", "2", "3", "4", "5", "6");
        }
    }

    [Fact]
    public async Task Truncated_file_is_read_from_byte_zero()
    {
        _directory.AppendToFile("app.log", "before 1\nbefore 2\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.AssertDeliveredAsync("before 1", "before 2");

        _directory.TruncateAndWrite("app.log", "after\n");

        await tailing.AssertDeliveredAsync("before 1", "before 2", "after");
        Assert.Equal(1, tailing.ReadCounter("log_tailer_rotations_total{truncate}"));
    }

    [Fact]
    public async Task File_truncated_and_refilled_beyond_the_offset_is_read_from_byte_zero()
    {
        _directory.AppendToFile("app.log", "before\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.AssertDeliveredAsync("before");

        _directory.TruncateAndWrite("app.log", "after, which is longer than what was there before\n");

        await Eventually.AssertAsync(() => tailing.Sink.Count >= 2, () => "The new content was not shipped.");
        Assert.Equal(["before", "after, which is longer than what was there before"], tailing.Sink.Lines);
    }

    [Fact]
    public async Task File_refilled_while_the_tailer_was_down_is_read_from_byte_zero()
    {
        _directory.AppendToFile("app.log", "before\n");

        await using (var first = Tailing.Start(_directory["app.log"]))
        {
            await first.AssertDeliveredAsync("before");
            await first.StopAsync();
        }

        _directory.TruncateAndWrite("app.log", "after, which is longer than what was there before\n");
        await using var second = Tailing.Start(_directory["app.log"]);
        await second.AssertDeliveredAsync("after, which is longer than what was there before");
    }

    [Fact]
    public async Task File_with_a_known_inode_and_other_content_is_read_from_byte_zero()
    {
        // A handwritten checkpoint with the inode of this file is the only reliable way to simulate a reused inode.
        _directory.AppendToFile("app.log", "a new file with other content\n");
        Assert.True(FileStat.TryReadPath(_directory["app.log"], out var stat));
        Directory.CreateDirectory(_directory[".log-tailer"]);
        await File.WriteAllTextAsync(
            _directory[".log-tailer/checkpoint.json"],
            $$$"""
            {"version":1,"sinks":{"default":[{
              "path":"{{{_directory["app.log"]}}}","device":{{{stat.Identity.Device}}},"inode":{{{stat.Identity.Inode}}},
              "fingerprint":"8:0123456789abcdef","offset":8}]}}
            """);

        await using var tailing = Tailing.Start(_directory["app.log"]);

        await tailing.AssertDeliveredAsync("a new file with other content");
    }

    [Fact]
    public async Task File_that_reuses_a_freed_inode_is_read_from_byte_zero()
    {
        _directory.AppendToFile("app.log", "old 1\nold 2\n");
        await using (var before = Tailing.Start(_directory["app.log"]))
        {
            await before.AssertDeliveredAsync("old 1", "old 2");
            await before.StopAsync();
        }

        Assert.True(FileStat.TryReadPath(_directory["app.log"], out var old));
        _directory.DeleteFile("app.log");
        RecreateWithInode("app.log", old.Identity.Inode);
        _directory.AppendToFile("app.log", "new 1\nnew 2\nnew 3\n");

        await using var tailing = Tailing.Start(_directory["app.log"]);

        await tailing.AssertDeliveredAsync("new 1", "new 2", "new 3");
    }

    /// <summary>
    /// Creates files until one gets the inode. Some file systems (tmpfs) never reuse inodes: there it is simply a new file.
    /// </summary>
    private void RecreateWithInode(string name, ulong inode)
    {
        const int Attempts = 2000;
        Directory.CreateDirectory(_directory["others"]);

        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            _directory.AppendToFile(name, "");
            Assert.True(FileStat.TryReadPath(_directory[name], out var stat));

            if (stat.Identity.Inode == inode || attempt == Attempts - 1)
            {
                return;
            }

            // Keep the file, so that the next one gets another inode.
            _directory.RenameFile(name, $"others/{attempt}");
        }
    }

    [Fact]
    public async Task Two_files_with_the_same_content_are_both_read()
    {
        _directory.AppendToFile("a.log", "same\n");
        _directory.AppendToFile("b.log", "same\n");
        await using var tailing = Tailing.Start(_directory["*.log"]);

        await tailing.AssertDeliveredAsync("same", "same");
        _directory.AppendToFile("a.log", "from a\n");
        await tailing.AssertDeliveredAsync("same", "same", "from a");
    }

    [Fact]
    public async Task File_renamed_within_the_glob_is_not_read_twice()
    {
        _directory.AppendToFile("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log*"]);
        await tailing.AssertDeliveredAsync("1");

        _directory.RenameFile("app.log", "app.log.1");
        await Eventually.AssertAsync(
            () => tailing.Files is [var file] && file.Path.EndsWith("app.log.1", StringComparison.Ordinal),
            () => "The rename was not detected.");
        _directory.AppendToFile("app.log.1", "2\n");
        _directory.AppendToFile("app.log", "3\n");

        await tailing.AssertDeliveredAsync("1", "2", "3");
    }

    [Fact]
    public async Task Glob_reads_size_rolled_files_oldest_first()
    {
        var now = DateTime.UtcNow;

        (string, int)[] agesInMinutes = [("requests_010.log", 1), ("requests_002.log", 3), ("requests.log", 4), ("requests_009.log", 2)];

        foreach (var (name, age) in agesInMinutes)
        {
            _directory.AppendToFile(name, name + "\n");
            File.SetLastWriteTimeUtc(_directory[name], now.AddMinutes(-age));
        }

        _directory.AppendToFile("other.log", "other\n");
        _directory.AppendToFile("requests_001.log.gz", "not a log\n");
        await using var tailing = Tailing.Start(_directory["requests*"]);

        await tailing.AssertDeliveredAsync("requests.log", "requests_002.log", "requests_009.log", "requests_010.log");
        _directory.AppendToFile("requests_010.log", "more\n");
        _directory.AppendToFile("requests_011.log", "rolled\n");
        await tailing.AssertDeliveredAsync("requests.log", "requests_002.log", "requests_009.log", "requests_010.log", "more", "rolled");
    }

    [Theory]
    [InlineData("app.log.2", "app.log.1")]
    [InlineData("app.log.10", "app.log.9")]
    [InlineData("app.log.1", "app.log")]
    [InlineData("app_001.log", "app_002.log")]
    [InlineData("app_9.log", "app_10.log")]
    [InlineData("app-20260101.log", "app-20260102.log")]
    public void Files_of_the_same_age_are_ordered_by_their_number(string older, string newer)
    {
        Assert.True(RotationOrder.CompareNames(older, newer) < 0);
        Assert.True(RotationOrder.CompareNames(newer, older) > 0);
    }

    [Fact]
    public async Task Retargeted_symbolic_link_counts_as_a_rotation()
    {
        Directory.CreateDirectory(_directory["data"]);
        _directory.AppendToFile("data/1.log", "1\n");
        _directory.ReplaceSymbolicLink("current.log", _directory["data/1.log"]);
        await using var tailing = Tailing.Start(_directory["current.log"]);
        await tailing.AssertDeliveredAsync("1");

        _directory.AppendToFile("data/1.log", "2\n");
        _directory.AppendToFile("data/2.log", "3\n");
        _directory.ReplaceSymbolicLink("current.log", _directory["data/2.log"]);

        await tailing.AssertDeliveredAsync("1", "2", "3");
        Assert.Equal(1, tailing.ReadCounter("log_tailer_rotations_total{symlink}"));
    }

    [Fact]
    public async Task Deleted_file_is_drained_closed_and_removed_from_the_checkpoint()
    {
        var stream = new FileStream(_directory["app.log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        using var writer = new StreamWriter(stream) { AutoFlush = true };
        await writer.WriteAsync("1\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.AssertDeliveredAsync("1");

        tailing.Sink.Pause();
        await writer.WriteAsync("2\n");
        _directory.DeleteFile("app.log");
        await writer.WriteAsync("3\n");
        tailing.Sink.Resume();

        await tailing.AssertDeliveredAsync("1", "2", "3");
        await Eventually.AssertAsync(() => tailing.Files.Count == 0, () => "The deleted file is not closed.");
        await tailing.StopAsync();
        Assert.DoesNotContain("app.log", await File.ReadAllTextAsync(tailing.CheckpointPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retargeted_intermediate_link_is_found_by_polling()
    {
        // Only the directory of the final link target is watched, so a change of the intermediate link is found by polling.
        Directory.CreateDirectory(_directory["v1"]);
        Directory.CreateDirectory(_directory["v2"]);
        _directory.AppendToFile("v1/app.log", "1\n");
        _directory.AppendToFile("v2/app.log", "2\n");
        _directory.ReplaceSymbolicLink("..data", _directory["v1"]);
        Directory.CreateDirectory(_directory["mount"]);
        _directory.ReplaceSymbolicLink("mount/app.log", _directory["..data/app.log"]);
        await using var tailing = Tailing.Start(_directory["mount/app.log"]);
        await tailing.AssertDeliveredAsync("1");

        _directory.ReplaceSymbolicLink("..data", _directory["v2"]);

        await tailing.AssertDeliveredAsync("1", "2");
    }
}
