using System.Text;
using LogTailer.Blocks;
using LogTailer.Files;
using LogTailer.Follow;

namespace LogTailer.Tests.Follow;

/// <summary>Splitting a file into blocks of complete lines.</summary>
public sealed class BlockReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Block _block = new();
    private FollowedFile? _file;

    public void Dispose()
    {
        _file?.CloseHandle();
        _directory.Dispose();
    }

    [Fact]
    public void Block_ends_with_the_last_complete_line()
    {
        var file = OpenFile("1\n22\nhalf");

        Assert.True(new BlockReader(1000).TryReadLines(file, _block));

        Assert.Equal("1\n22\n", Encoding.UTF8.GetString(_block.Bytes));
        Assert.Equal((0L, 5L, 2, true), (_block.Start, _block.End, _block.Lines, _block.IsVerbatim));
        Assert.Equal(5, file.ReadOffset);
        Assert.False(new BlockReader(1000).TryReadLines(file, _block));
    }

    [Fact]
    public void Incomplete_line_is_searched_only_once()
    {
        var file = OpenFile(new string('x', 500));

        Assert.False(new BlockReader(1000).TryReadLines(file, _block));

        Assert.Equal((0L, 500L), (file.ReadOffset, file.ScannedTo));
    }

    [Fact]
    public void Line_longer_than_the_buffer_enlarges_the_block()
    {
        var file = OpenFile(new string('x', 2 * Block.DefaultBytes) + "\n");

        Assert.True(new BlockReader(1024 * 1024).TryReadLines(file, _block));

        Assert.Equal((2 * Block.DefaultBytes) + 1, _block.Length);
        Assert.Equal(0, _block.TruncatedLines);
    }

    [Theory]
    [InlineData("\n", 600_000)]
    [InlineData("\r\n", 600_000)]
    public void Only_the_start_of_a_line_over_the_limit_is_read(string lineEnd, int length)
    {
        var file = OpenFile(new string('x', length) + lineEnd + "next\n");

        Assert.True(new BlockReader(100).TryReadLines(file, _block));

        Assert.Equal((length, 1, 102), (_block.PartialLineLength, _block.TruncatedLines, _block.Length));
        Assert.Equal(length + lineEnd.Length, file.ReadOffset);
    }

    [Fact]
    public void Partial_line_is_read_with_an_added_line_end()
    {
        var file = OpenFile("torn");

        Assert.True(new BlockReader(1000).TryReadPartialLine(file, _block));

        Assert.Equal("torn\n", Encoding.UTF8.GetString(_block.Bytes));
        Assert.Equal(4, _block.End);
        Assert.False(new BlockReader(1000).TryReadPartialLine(file, _block));
    }

    [Fact]
    public void Skipped_lines_are_counted_and_the_incomplete_one_is_left()
    {
        var file = OpenFile("1\n\n22\nhalf");

        Assert.Equal(2, new BlockReader(1000).SkipLines(file, _block));

        Assert.Equal(6, file.ReadOffset);
    }

    [Theory]
    [InlineData("1\n22\nhalf", 9, 5)]
    [InlineData("1\n22\nhalf", 4, 2)]
    [InlineData("no line end", 11, 0)]
    [InlineData("", 0, 0)]
    public void Last_line_end_is_found_before_the_given_size(string content, long size, long expected)
    {
        var file = OpenFile(content);

        Assert.Equal(expected, BlockReader.FindLastLineEnd(file.Handle!, size));
    }

    [Fact]
    public void Byte_order_mark_is_skipped_and_acknowledged()
    {
        var file = OpenFile("\uFEFF1\n");

        BlockReader.SkipByteOrderMark(file);

        Assert.Equal((3L, 3L), (file.ReadOffset, file.Acknowledged));
    }

    private FollowedFile OpenFile(string content)
    {
        _directory.AppendToFile("app.log", content);
        _file = new FollowedFile(_directory["app.log"], default, default, 0) { Handle = LogFile.OpenShared(_directory["app.log"]) };
        return _file;
    }
}
