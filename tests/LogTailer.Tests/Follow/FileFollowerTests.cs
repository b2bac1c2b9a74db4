using System.Text;
using LogTailer.Follow;

namespace LogTailer.Tests.Follow;

/// <summary>Following a file: start, line rules, notifications and polling.</summary>
public sealed class FileFollowerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Missing_file_is_read_from_its_first_byte_when_it_appears()
    {
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await Eventually.AssertAsync(
            () => tailing.WaitingFor?.Contains("There is no app.log", StringComparison.Ordinal) == true,
            () => $"Waiting for {tailing.WaitingFor}");

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
        await Eventually.AssertAsync(
            () => tailing.ReadCounter("log_tailer_lines_truncated_total") == 2, () => "Truncated lines are not counted.");
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
    public async Task Line_without_a_notification_is_found_by_polling()
    {
        Directory.CreateDirectory(_directory["logs"]);
        Directory.CreateDirectory(_directory["elsewhere"]);
        _directory.AppendToFile("elsewhere/app.log", "1\n");

        // A write through a hard link in another directory causes no notification in this one.
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
    public async Task Ten_thousand_appends_are_shipped_once_and_in_order()
    {
        await using var tailing = Tailing.Start(_directory["app.log"]);
        var lines = Enumerable.Range(0, 10_000).Select(i => $"line {i}").ToArray();

        await using (var stream = new FileStream(
            _directory["app.log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
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
