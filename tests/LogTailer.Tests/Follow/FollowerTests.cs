using System.Text;
using LogTailer.Follow;

namespace LogTailer.Tests.Follow;

/// <summary>The numbered behaviours 1 to 13 and 21, with real files.</summary>
public sealed class FollowerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_missing_file_is_waited_for_and_read_from_its_first_byte()
    {
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await Eventually.HoldsAsync(() => tailing.WaitingFor?.Contains("There is no app.log", StringComparison.Ordinal) == true, () => $"It waits for {tailing.WaitingFor}");

        _directory.Append("app.log", "first\nsecond\n");

        await tailing.Delivers("first", "second");
        Assert.Null(tailing.WaitingFor);
    }

    [Fact]
    public async Task A_missing_file_is_read_from_its_first_byte_even_with_from_end()
    {
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.From = TailStart.End);
        await tailing.LooksAgain();

        _directory.Append("app.log", "first\n");

        await tailing.Delivers("first");
    }

    [Fact]
    public async Task A_missing_directory_is_waited_for()
    {
        var path = Path.Combine(_directory["not-yet"], "app.log");
        await using var tailing = Tailing.Start(path, checkpointPath: _directory["checkpoint.json"]);
        await tailing.LooksAgain();

        Directory.CreateDirectory(_directory["not-yet"]);
        File.WriteAllText(path, "first\n");

        await tailing.Delivers("first");
    }

    [Fact]
    public async Task What_stands_there_is_read_by_default()
    {
        _directory.Append("app.log", "old\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);

        _directory.Append("app.log", "new\n");

        await tailing.Delivers("old", "new");
    }

    [Fact]
    public async Task From_end_skips_what_stands_there_on_the_first_start_only()
    {
        _directory.Append("app.log", "old\nhalf");

        await using (var first = Tailing.Start(_directory["app.log"], tail => tail.From = TailStart.End))
        {
            await first.LooksAgain();
            _directory.Append("app.log", " a line\n");
            await first.Delivers("half a line");
            await first.StopAsync();
        }

        _directory.Append("app.log", "while down\n");
        await using var second = Tailing.Start(_directory["app.log"], tail => tail.From = TailStart.End);
        await second.Delivers("while down");
    }

    [Fact]
    public async Task A_file_of_which_nothing_was_shipped_and_that_was_rotated_out_of_the_path_while_the_tailer_was_down_is_finished_first()
    {
        _directory.Append("app.log", "half");

        await using (var first = Tailing.Start(_directory["app.log"]))
        {
            await first.LooksAgain();
            await first.StopAsync();
        }

        _directory.Append("app.log", " and half\n");
        _directory.Rename("app.log", "app.log.1");
        _directory.Append("app.log", "new\n");

        await using var second = Tailing.Start(_directory["app.log"]);
        await second.Delivers("half and half", "new");
    }

    [Fact]
    public async Task A_half_written_line_is_held_until_its_end_comes()
    {
        await using var tailing = Tailing.Start(_directory["app.log"]);

        foreach (var part in new[] { "one ", "line ", "in ", "many ", "writes" })
        {
            _directory.Append("app.log", part);
            await tailing.LooksAgain();
            Assert.Equal(0, tailing.Sink.Count);
        }

        _directory.Append("app.log", "\nnext\n");

        await tailing.Delivers("one line in many writes", "next");
    }

    [Fact]
    public async Task A_half_written_line_is_not_read_at_the_end_and_comes_whole_after_a_restart()
    {
        _directory.Append("app.log", "whole\nhalf");

        await using (var first = Tailing.Start(_directory["app.log"]))
        {
            await first.Delivers("whole");
            await first.StopAsync();
            Assert.Equal("whole\n".Length, Assert.Single(first.Files).Acknowledged);
            Assert.Equal(["whole"], first.Sink.Lines);
        }

        _directory.Append("app.log", " and half\n");
        await using var second = Tailing.Start(_directory["app.log"]);
        await second.Delivers("half and half");
    }

    [Fact]
    public async Task A_line_longer_than_the_read_buffer_comes_whole()
    {
        var longLine = new string('x', 900_000);
        await using var tailing = Tailing.Start(_directory["app.log"]);

        _directory.Append("app.log", "before\n" + longLine[..400_000]);
        await tailing.LooksAgain();
        _directory.Append("app.log", longLine[400_000..] + "\nafter\n");

        await tailing.Delivers("before", longLine, "after");
    }

    [Fact]
    public async Task A_line_over_the_limit_is_cut_marked_and_counted_and_the_next_one_is_whole()
    {
        _directory.Append("app.log", "before\n" + new string('x', 2_000_000) + "\nafter\n" + new string('y', 101) + "\nend\n");
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.MaxLineBytes = 100);

        await tailing.Delivers(
            "before",
            new string('x', 100) + " [truncated: the line has 2000000 bytes]",
            "after",
            new string('y', 100) + " [truncated: the line has 101 bytes]",
            "end");
        await Eventually.HoldsAsync(() => tailing.Counted("log_tailer_lines_truncated_total") == 2, () => "They are not counted.");
    }

    [Fact]
    public async Task A_line_over_the_limit_is_not_cut_within_a_character()
    {
        _directory.Append("app.log", new string('x', 99) + "äöü\n");
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.MaxLineBytes = 100);

        await tailing.Delivers(new string('x', 99) + " [truncated: the line has 105 bytes]");
    }

    [Fact]
    public async Task Empty_lines_are_not_shipped_CRLF_loses_its_CR_and_a_byte_order_mark_is_dropped()
    {
        _directory.Append("app.log", [0xEF, 0xBB, 0xBF, .. "first\r\n\n\r\nsecond\n\nwith \r inside\n"u8]);
        await using var tailing = Tailing.Start(_directory["app.log"]);

        await tailing.Delivers("first", "second", "with \r inside");
        await tailing.IsSettled();
        Assert.Equal(new FileInfo(_directory["app.log"]).Length, Assert.Single(tailing.Files).Acknowledged);
    }

    [Fact]
    public async Task Nothing_but_empty_lines_moves_the_offset()
    {
        _directory.Append("app.log", "\n\n\r\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);

        await Eventually.HoldsAsync(() => tailing.Files is [{ Acknowledged: 4 }], () => "The offset does not move.");
        Assert.Equal(0, tailing.Sink.Count);
    }

    [Fact]
    public async Task Invalid_UTF8_and_NUL_bytes_pass_untouched()
    {
        byte[] line = [0xFF, 0xFE, 0x00, (byte)'a', 0xC3, 0x28, 0x00];
        _directory.Append("app.log", [.. line, (byte)'\n']);
        await using var tailing = Tailing.Start(_directory["app.log"]);

        await Eventually.HoldsAsync(() => tailing.Sink.Count == 1, () => "The line does not come.");
        Assert.Equal(line, tailing.Sink.RawLines[0]);
    }

    [Fact]
    public async Task A_renamed_file_is_drained_before_the_new_one_is_read()
    {
        _directory.Append("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.Delivers("1");

        tailing.Sink.Hold();
        _directory.Append("app.log", "2\n");
        _directory.Rename("app.log", "app.log.1");
        _directory.Append("app.log.1", "3\n");
        _directory.Append("app.log", "4\n");
        tailing.Sink.Release();

        await tailing.Delivers("1", "2", "3", "4");
        Assert.Equal(1, tailing.Counted("log_tailer_rotations_total{rename}"));
    }

    [Fact]
    public async Task A_renamed_file_is_listened_to_for_a_while_and_then_let_go()
    {
        _directory.Append("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.RotateWait = TimeSpan.FromSeconds(2));
        await tailing.Delivers("1");

        _directory.Rename("app.log", "app.log.1");
        _directory.Append("app.log", "2\n");
        await tailing.Delivers("1", "2");
        _directory.Append("app.log.1", "late\n");

        await tailing.Delivers("1", "2", "late");
        await Eventually.HoldsAsync(() => tailing.Files.Count == 1, () => "The renamed file is not let go.");
        Assert.EndsWith("app.log", tailing.Files[0].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renamed_file_without_a_successor_is_still_the_log()
    {
        _directory.Append("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log"], tail => tail.RotateWait = TimeSpan.Zero);
        await tailing.Delivers("1");

        _directory.Rename("app.log", "app.log.1");
        await Eventually.HoldsAsync(() => tailing.WaitingFor is not null, () => "The rename is not seen.");
        await tailing.LooksAgain();
        _directory.Append("app.log.1", "2\n");

        await tailing.Delivers("1", "2");
    }

    [Fact]
    public async Task A_line_that_a_renamed_file_never_finished_is_shipped_when_it_is_let_go()
    {
        _directory.Append("app.log", "1\ntorn");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.Delivers("1");

        _directory.Rename("app.log", "app.log.1");
        _directory.Append("app.log", "2\n");

        await tailing.Delivers("1", "2", "torn");
    }

    [Theory]
    [InlineData("app.log")]
    [InlineData("app.log*")]
    public async Task The_kernel_announces_lines_and_rotations_and_the_end_waits_for_no_poll(string pattern)
    {
        _directory.Append("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory[pattern], tail => tail.PollInterval = TimeSpan.FromHours(1));
        await tailing.Delivers("1");

        _directory.Append("app.log", "2\n");
        await tailing.Delivers("1", "2");

        _directory.Rename("app.log", "app.log.1");
        _directory.Append("app.log", "3\n");
        await tailing.Delivers("1", "2", "3");

        await tailing.StopAsync();
    }

    [Fact]
    public async Task A_line_that_nothing_announces_is_found_by_the_poll()
    {
        Directory.CreateDirectory(_directory["logs"]);
        Directory.CreateDirectory(_directory["elsewhere"]);
        _directory.Append("elsewhere/app.log", "1\n");

        // What is written by another name in another directory is not announced in this one.
        using (var link = System.Diagnostics.Process.Start("ln", [_directory["elsewhere/app.log"], _directory["logs/app.log"]]))
        {
            await link.WaitForExitAsync();
        }

        await using var tailing = Tailing.Start(_directory["logs/app.log"]);
        await tailing.Delivers("1");

        _directory.Append("elsewhere/app.log", "2\n");
        await tailing.Delivers("1", "2");

        _directory.Append("elsewhere/app.log", "3\n");
        await tailing.Delivers("1", "2", "3");
    }

    [Fact]
    public async Task Several_rotations_between_two_looks_lose_nothing_under_the_glob_and_keep_its_order()
    {
        // Many times, since a look may fall between any two of the renames.
        for (var round = 0; round < 30; round++)
        {
            using var directory = new TemporaryDirectory();
            directory.Append("app.log", "1\n");
            await using var tailing = Tailing.Start(directory["app.log*"], tail => tail.PollInterval = TimeSpan.FromSeconds(1));
            await tailing.Delivers("1");

            tailing.Sink.Hold();

            for (var i = 2; i <= 6; i++)
            {
                for (var old = i; old > 1; old--)
                {
                    if (File.Exists(directory[$"app.log.{old - 1}"]))
                    {
                        directory.Rename($"app.log.{old - 1}", $"app.log.{old}");
                    }
                }

                directory.Rename("app.log", "app.log.1");
                directory.Append("app.log", $"{i}\n");
            }

            tailing.Sink.Release();
            await tailing.Delivers("1", "2", "3", "4", "5", "6");
        }
    }

    [Fact]
    public async Task A_truncated_file_is_read_from_its_beginning()
    {
        _directory.Append("app.log", "before 1\nbefore 2\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.Delivers("before 1", "before 2");

        _directory.TruncateAndWrite("app.log", "after\n");

        await tailing.Delivers("before 1", "before 2", "after");
        Assert.Equal(1, tailing.Counted("log_tailer_rotations_total{truncate}"));
    }

    [Fact]
    public async Task A_file_truncated_and_refilled_beyond_the_old_offset_is_read_from_its_beginning()
    {
        _directory.Append("app.log", "before\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.Delivers("before");

        _directory.TruncateAndWrite("app.log", "after, which is longer than what was there before\n");

        await Eventually.HoldsAsync(() => tailing.Sink.Count >= 2, () => "The new content does not come.");
        Assert.Equal(["before", "after, which is longer than what was there before"], tailing.Sink.Lines);
    }

    [Fact]
    public async Task A_file_truncated_and_refilled_while_the_tailer_was_down_is_read_from_its_beginning()
    {
        _directory.Append("app.log", "before\n");

        await using (var first = Tailing.Start(_directory["app.log"]))
        {
            await first.Delivers("before");
            await first.StopAsync();
        }

        _directory.TruncateAndWrite("app.log", "after, which is longer than what was there before\n");
        await using var second = Tailing.Start(_directory["app.log"]);
        await second.Delivers("after, which is longer than what was there before");
    }

    [Fact]
    public async Task A_new_file_that_got_the_inode_of_an_old_one_is_read_from_its_beginning()
    {
        // Writing the checkpoint as it would stand for a file with this very inode is the one sure way to reuse an inode.
        _directory.Append("app.log", "a new file with content of its own\n");
        Assert.True(FileStat.TryRead(_directory["app.log"], out var stat));
        Directory.CreateDirectory(_directory[".log-tailer"]);
        await File.WriteAllTextAsync(
            _directory[".log-tailer/checkpoint.json"],
            $$$"""{"version":1,"sinks":{"default":[{"path":"{{{_directory["app.log"]}}}","device":{{{stat.Identity.Device}}},"inode":{{{stat.Identity.Inode}}},"fingerprint":"8:0123456789abcdef","offset":8}]}}""");

        await using var tailing = Tailing.Start(_directory["app.log"]);

        await tailing.Delivers("a new file with content of its own");
    }

    [Fact]
    public async Task A_new_file_that_the_kernel_gave_the_freed_inode_is_read_from_its_beginning()
    {
        _directory.Append("app.log", "old 1\nold 2\n");
        await using (var before = Tailing.Start(_directory["app.log"]))
        {
            await before.Delivers("old 1", "old 2");
            await before.StopAsync();
        }

        Assert.True(FileStat.TryRead(_directory["app.log"], out var old));
        _directory.Delete("app.log");
        RecreateWithInode("app.log", old.Identity.Inode);
        _directory.Append("app.log", "new 1\nnew 2\nnew 3\n");

        await using var tailing = Tailing.Start(_directory["app.log"]);

        await tailing.Delivers("new 1", "new 2", "new 3");
    }

    /// <summary>Makes files until one gets the inode. Some file systems (tmpfs) never use one again: there it is just a new file.</summary>
    private void RecreateWithInode(string name, ulong inode)
    {
        const int Attempts = 2000;
        Directory.CreateDirectory(_directory["others"]);

        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            _directory.Append(name, "");
            Assert.True(FileStat.TryRead(_directory[name], out var stat));

            if (stat.Identity.Inode == inode || attempt == Attempts - 1)
            {
                return;
            }

            // Kept, so that its inode is not the next one again.
            _directory.Rename(name, $"others/{attempt}");
        }
    }

    [Fact]
    public async Task Two_files_with_the_same_content_are_two_files()
    {
        _directory.Append("a.log", "same\n");
        _directory.Append("b.log", "same\n");
        await using var tailing = Tailing.Start(_directory["*.log"]);

        await tailing.Delivers("same", "same");
        _directory.Append("a.log", "from a\n");
        await tailing.Delivers("same", "same", "from a");
    }

    [Fact]
    public async Task A_file_renamed_inside_the_glob_is_not_read_again()
    {
        _directory.Append("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log*"]);
        await tailing.Delivers("1");

        _directory.Rename("app.log", "app.log.1");
        await Eventually.HoldsAsync(() => tailing.Files is [var file] && file.Path.EndsWith("app.log.1", StringComparison.Ordinal), () => "The rename is not seen.");
        _directory.Append("app.log.1", "2\n");
        _directory.Append("app.log", "3\n");

        await tailing.Delivers("1", "2", "3");
    }

    [Fact]
    public async Task A_glob_follows_size_rolled_files_oldest_first()
    {
        var now = DateTime.UtcNow;

        foreach (var (name, age) in new[] { ("requests_010.log", 1), ("requests_002.log", 3), ("requests.log", 4), ("requests_009.log", 2) })
        {
            _directory.Append(name, name + "\n");
            File.SetLastWriteTimeUtc(_directory[name], now.AddMinutes(-age));
        }

        _directory.Append("other.log", "not ours\n");
        _directory.Append("requests_001.log.gz", "not a log\n");
        await using var tailing = Tailing.Start(_directory["requests*"]);

        await tailing.Delivers("requests.log", "requests_002.log", "requests_009.log", "requests_010.log");
        _directory.Append("requests_010.log", "more\n");
        _directory.Append("requests_011.log", "rolled\n");
        await tailing.Delivers("requests.log", "requests_002.log", "requests_009.log", "requests_010.log", "more", "rolled");
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
    public async Task A_link_is_followed_and_its_retargeting_is_a_rotation()
    {
        Directory.CreateDirectory(_directory["data"]);
        _directory.Append("data/1.log", "1\n");
        _directory.Link("current.log", _directory["data/1.log"]);
        await using var tailing = Tailing.Start(_directory["current.log"]);
        await tailing.Delivers("1");

        _directory.Append("data/1.log", "2\n");
        _directory.Append("data/2.log", "3\n");
        _directory.Link("current.log", _directory["data/2.log"]);

        await tailing.Delivers("1", "2", "3");
        Assert.Equal(1, tailing.Counted("log_tailer_rotations_total{symlink}"));
    }

    [Fact]
    public async Task A_deleted_file_is_drained_let_go_and_forgotten()
    {
        using var writer = new StreamWriter(new FileStream(_directory["app.log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };
        await writer.WriteAsync("1\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.Delivers("1");

        tailing.Sink.Hold();
        await writer.WriteAsync("2\n");
        _directory.Delete("app.log");
        await writer.WriteAsync("3\n");
        tailing.Sink.Release();

        await tailing.Delivers("1", "2", "3");
        await Eventually.HoldsAsync(() => tailing.Files.Count == 0, () => "The deleted file is not let go.");
        await tailing.StopAsync();
        Assert.DoesNotContain("app.log", await File.ReadAllTextAsync(tailing.CheckpointPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_late_line_in_an_old_file_is_found_by_polling_alone()
    {
        for (var i = 0; i < 40; i++)
        {
            _directory.Append($"app_{i:d3}.log", $"{i}\n");
        }

        await using var tailing = Tailing.Start(_directory["app_*.log"]);
        await Eventually.HoldsAsync(() => tailing.Sink.Count == 40, () => $"{tailing.Sink.Count} of 40 lines");
        await tailing.IsSettled();

        // It rests: closed, because there are newer ones.
        await Eventually.HoldsAsync(() => tailing.Files.Count(file => file.Handle is null) > 20, () => "No file rests.");
        _directory.Append("app_003.log", "late\n");

        await Eventually.HoldsAsync(() => tailing.Sink.Count == 41, () => "The late line does not come.");
        Assert.Equal("late", tailing.Sink.Lines[^1]);
    }

    [Fact]
    public async Task Where_nothing_announces_a_change_the_poll_finds_it()
    {
        // Events come for the directory of the link's final target; the one in between is seen by polling only.
        Directory.CreateDirectory(_directory["v1"]);
        Directory.CreateDirectory(_directory["v2"]);
        _directory.Append("v1/app.log", "1\n");
        _directory.Append("v2/app.log", "2\n");
        _directory.Link("..data", _directory["v1"]);
        Directory.CreateDirectory(_directory["mount"]);
        _directory.Link("mount/app.log", _directory["..data/app.log"]);
        await using var tailing = Tailing.Start(_directory["mount/app.log"]);
        await tailing.Delivers("1");

        _directory.Link("..data", _directory["v2"]);

        await tailing.Delivers("1", "2");
    }

    [Fact]
    public async Task Ten_thousand_appends_arrive_each_once_and_in_order()
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

        await tailing.Delivers(lines);
    }
}
