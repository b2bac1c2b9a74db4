using System.Text;
using LogTailer.Files;
using LogTailer.Follow;

namespace LogTailer.Tests.Follow;

/// <summary>Following real files through every kind of rotation.</summary>
public sealed class FollowerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Missing_file_is_read_from_its_first_byte_when_it_appears()
    {
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await Eventually.AssertAsync(() => tailing.WaitingFor?.Contains("There is no app.log", StringComparison.Ordinal) == true, () => $"Waiting for {tailing.WaitingFor}");

        _directory.AppendToFile("app.log", "first\nsecond\n");

        await tailing.AssertDeliveredAsync("first", "second");
        Assert.Null(tailing.WaitingFor);
    }

    [Fact]
    public async Task File_that_appears_later_is_read_completely_even_with_from_end()
    {
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.From = TailStart.End);
        await tailing.WaitForScansAsync();

        _directory.AppendToFile("app.log", "first\n");

        await tailing.AssertDeliveredAsync("first");
    }

    [Fact]
    public async Task File_in_a_directory_created_later_is_read()
    {
        var path = Path.Combine(_directory["not-yet"], "app.log");
        await using var tailing = Tailing.Start(path, checkpointPath: _directory["checkpoint.json"]);
        await tailing.WaitForScansAsync();

        Directory.CreateDirectory(_directory["not-yet"]);
        File.WriteAllText(path, "first\n");

        await tailing.AssertDeliveredAsync("first");
    }

    [Fact]
    public async Task Existing_lines_are_read_by_default()
    {
        _directory.AppendToFile("app.log", "old\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);

        _directory.AppendToFile("app.log", "new\n");

        await tailing.AssertDeliveredAsync("old", "new");
    }

    [Fact]
    public async Task From_end_skips_existing_lines_at_the_first_start_only()
    {
        _directory.AppendToFile("app.log", "old\nhalf");

        await using (var first = Tailing.Start(_directory["app.log"], tail => tail.From = TailStart.End))
        {
            await first.WaitForScansAsync();
            _directory.AppendToFile("app.log", " a line\n");
            await first.AssertDeliveredAsync("half a line");
            await first.StopAsync();
        }

        _directory.AppendToFile("app.log", "while down\n");
        await using var second = Tailing.Start(_directory["app.log"], tail => tail.From = TailStart.End);
        await second.AssertDeliveredAsync("while down");
    }

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
    public async Task Line_written_in_parts_is_shipped_when_it_is_complete()
    {
        await using var tailing = Tailing.Start(_directory["app.log"]);

        foreach (var part in new[] { "one ", "line ", "in ", "many ", "writes" })
        {
            _directory.AppendToFile("app.log", part);
            await tailing.WaitForScansAsync();
            Assert.Equal(0, tailing.Sink.Count);
        }

        _directory.AppendToFile("app.log", "\nnext\n");

        await tailing.AssertDeliveredAsync("one line in many writes", "next");
    }

    [Fact]
    public async Task Incomplete_line_at_shutdown_is_shipped_complete_after_a_restart()
    {
        _directory.AppendToFile("app.log", "whole\nhalf");

        await using (var first = Tailing.Start(_directory["app.log"]))
        {
            await first.AssertDeliveredAsync("whole");
            await first.StopAsync();
            Assert.Equal("whole\n".Length, Assert.Single(first.Files).Acknowledged);
            Assert.Equal(["whole"], first.Sink.Lines);
        }

        _directory.AppendToFile("app.log", " and half\n");
        await using var second = Tailing.Start(_directory["app.log"]);
        await second.AssertDeliveredAsync("half and half");
    }

    [Fact]
    public async Task Line_longer_than_the_read_buffer_is_shipped_complete()
    {
        var longLine = new string('x', 900_000);
        await using var tailing = Tailing.Start(_directory["app.log"]);

        _directory.AppendToFile("app.log", "before\n" + longLine[..400_000]);
        await tailing.WaitForScansAsync();
        _directory.AppendToFile("app.log", longLine[400_000..] + "\nafter\n");

        await tailing.AssertDeliveredAsync("before", longLine, "after");
    }

    [Fact]
    public async Task Line_over_the_limit_is_truncated_marked_and_counted()
    {
        _directory.AppendToFile("app.log", "before\n" + new string('x', 2_000_000) + "\nafter\n" + new string('y', 101) + "\nend\n");
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.MaxLineBytes = 100);

        await tailing.AssertDeliveredAsync(
            "before",
            new string('x', 100) + " [truncated: the line has 2000000 bytes]",
            "after",
            new string('y', 100) + " [truncated: the line has 101 bytes]",
            "end");
        await Eventually.AssertAsync(() => tailing.ReadCounter("log_tailer_lines_truncated_total") == 2, () => "Truncated lines are not counted.");
    }

    [Fact]
    public async Task Truncation_does_not_split_a_character()
    {
        _directory.AppendToFile("app.log", new string('x', 99) + "äöü\n");
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.MaxLineBytes = 100);

        await tailing.AssertDeliveredAsync(new string('x', 99) + " [truncated: the line has 105 bytes]");
    }

    [Fact]
    public async Task Empty_lines_carriage_returns_and_byte_order_mark_are_not_shipped()
    {
        _directory.AppendToFile("app.log", [0xEF, 0xBB, 0xBF, .. "first\r\n\n\r\nsecond\n\nwith \r inside\n"u8]);
        await using var tailing = Tailing.Start(_directory["app.log"]);

        await tailing.AssertDeliveredAsync("first", "second", "with \r inside");
        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal(new FileInfo(_directory["app.log"]).Length, Assert.Single(tailing.Files).Acknowledged);
    }

    [Fact]
    public async Task Empty_lines_alone_advance_the_acknowledged_offset()
    {
        _directory.AppendToFile("app.log", "\n\n\r\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);

        await Eventually.AssertAsync(() => tailing.Files is [{ Acknowledged: 4 }], () => "The offset does not advance.");
        Assert.Equal(0, tailing.Sink.Count);
    }

    [Fact]
    public async Task Invalid_UTF8_and_NUL_bytes_are_shipped_unchanged()
    {
        byte[] line = [0xFF, 0xFE, 0x00, (byte)'a', 0xC3, 0x28, 0x00];
        _directory.AppendToFile("app.log", [.. line, (byte)'\n']);
        await using var tailing = Tailing.Start(_directory["app.log"]);

        await Eventually.AssertAsync(() => tailing.Sink.Count == 1, () => "The line was not shipped.");
        Assert.Equal(line, tailing.Sink.RawLines[0]);
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

    [Theory]
    [InlineData("app.log")]
    [InlineData("app.log*")]
    public async Task Notifications_alone_are_enough_for_lines_rotations_and_shutdown(string pattern)
    {
        _directory.AppendToFile("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory[pattern], tail => tail.PollInterval = TimeSpan.FromHours(1));
        await tailing.AssertDeliveredAsync("1");

        _directory.AppendToFile("app.log", "2\n");
        await tailing.AssertDeliveredAsync("1", "2");

        _directory.RenameFile("app.log", "app.log.1");
        _directory.AppendToFile("app.log", "3\n");
        await tailing.AssertDeliveredAsync("1", "2", "3");

        await tailing.StopAsync();
    }

    [Fact]
    public async Task Unannounced_line_is_found_by_polling()
    {
        Directory.CreateDirectory(_directory["logs"]);
        Directory.CreateDirectory(_directory["elsewhere"]);
        _directory.AppendToFile("elsewhere/app.log", "1\n");

        // A write through a hard link in another directory is not announced in this one.
        using (var link = System.Diagnostics.Process.Start("ln", [_directory["elsewhere/app.log"], _directory["logs/app.log"]]))
        {
            await link.WaitForExitAsync();
        }

        await using var tailing = Tailing.Start(_directory["logs/app.log"]);
        await tailing.AssertDeliveredAsync("1");

        _directory.AppendToFile("elsewhere/app.log", "2\n");
        await tailing.AssertDeliveredAsync("1", "2");

        _directory.AppendToFile("elsewhere/app.log", "3\n");
        await tailing.AssertDeliveredAsync("1", "2", "3");
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
            $$$"""{"version":1,"sinks":{"default":[{"path":"{{{_directory["app.log"]}}}","device":{{{stat.Identity.Device}}},"inode":{{{stat.Identity.Inode}}},"fingerprint":"8:0123456789abcdef","offset":8}]}}""");

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

    /// <summary>Creates files until one gets the inode. Some file systems (tmpfs) never reuse inodes: there it is simply a new file.</summary>
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
        await Eventually.AssertAsync(() => tailing.Files is [var file] && file.Path.EndsWith("app.log.1", StringComparison.Ordinal), () => "The rename was not detected.");
        _directory.AppendToFile("app.log.1", "2\n");
        _directory.AppendToFile("app.log", "3\n");

        await tailing.AssertDeliveredAsync("1", "2", "3");
    }

    [Fact]
    public async Task Glob_reads_size_rolled_files_oldest_first()
    {
        var now = DateTime.UtcNow;

        foreach (var (name, age) in new[] { ("requests_010.log", 1), ("requests_002.log", 3), ("requests.log", 4), ("requests_009.log", 2) })
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
        using var writer = new StreamWriter(new FileStream(_directory["app.log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };
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
    public async Task Late_line_in_a_closed_file_is_found_by_polling()
    {
        for (var i = 0; i < 40; i++)
        {
            _directory.AppendToFile($"app_{i:d3}.log", $"{i}\n");
        }

        await using var tailing = Tailing.Start(_directory["app_*.log"]);
        await Eventually.AssertAsync(() => tailing.Sink.Count == 40, () => $"{tailing.Sink.Count} of 40 lines");
        await tailing.WaitForAcknowledgementAsync();

        // Read files are closed when there are enough newer ones.
        await Eventually.AssertAsync(() => tailing.Files.Count(file => file.Handle is null) > 20, () => "No file was closed.");
        _directory.AppendToFile("app_003.log", "late\n");

        await Eventually.AssertAsync(() => tailing.Sink.Count == 41, () => "The late line was not shipped.");
        Assert.Equal("late", tailing.Sink.Lines[^1]);
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

    [Fact]
    public async Task Ten_thousand_appends_are_shipped_once_and_in_order()
    {
        await using var tailing = Tailing.Start(_directory["app.log"]);
        var lines = Enumerable.Range(0, 10_000).Select(i => $"line {i}").ToArray();

        await using (var stream = new FileStream(_directory["app.log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            foreach (var line in lines)
            {
                stream.Write(Encoding.UTF8.GetBytes(line));
                stream.Write("\n"u8);
            }
        }

        await tailing.AssertDeliveredAsync(lines);
    }
}
