using LogTailer.Blocks;
using LogTailer.Files;
using LogTailer.Lines;
using Microsoft.Win32.SafeHandles;

namespace LogTailer.Follow;

/// <summary>Reads complete lines of a file into blocks. A line without its end stays in the file, so it needs no memory.</summary>
/// <param name="maxLineBytes">The limit for one line; longer lines are truncated.</param>
internal sealed class BlockReader(int maxLineBytes)
{
    /// <summary>Reads the next complete lines into <paramref name="block"/>; false when there is none.</summary>
    public bool TryReadLines(FollowedFile file, Block block)
    {
        var handle = file.Handle!;

        while (true)
        {
            if (file.ScannedTo > file.ReadOffset)
            {
                if (!TryFindLineEnd(handle, file, block.Buffer, out var lineEnd))
                {
                    return false;
                }

                var length = lineEnd - file.ReadOffset;

                // One byte over the limit may be the CR of a CRLF: LineRules decides.
                if (length > maxLineBytes + 1L)
                {
                    ReadLineStart(handle, file, block, length, lineEnd + 1);
                    return true;
                }

                block.EnsureCapacity((int)length + 1);
            }

            var buffer = block.Buffer;
            var read = RandomAccess.Read(handle, buffer, file.ReadOffset);
            var end = buffer.AsSpan(0, read).LastIndexOf((byte)'\n') + 1;

            if (end > 0)
            {
                block.SetContent(file, file.ReadOffset, file.ReadOffset + end, end, maxLineBytes);
                file.AdvanceTo(block.End);
                return true;
            }

            file.ScannedTo = file.ReadOffset + read;

            if (read < buffer.Length)
            {
                return false;
            }
        }
    }

    /// <summary>Reads the text after the last line end, for a file that is no longer written to.</summary>
    public bool TryReadPartialLine(FollowedFile file, Block block)
    {
        var handle = file.Handle!;
        var size = RandomAccess.GetLength(handle);
        var length = size - file.ReadOffset;

        if (length <= 0)
        {
            return false;
        }

        if (length > maxLineBytes + 1L)
        {
            ReadLineStart(handle, file, block, length, size);
            return true;
        }

        block.EnsureCapacity((int)length + 1);
        var read = RandomAccess.Read(handle, block.Buffer.AsSpan(0, (int)length), file.ReadOffset);
        block.Buffer[read] = (byte)'\n';
        block.SetContent(file, file.ReadOffset, file.ReadOffset + read, read + 1, maxLineBytes);
        file.AdvanceTo(block.End);
        return true;
    }

    /// <summary>Advances past the complete lines without shipping them.</summary>
    /// <returns>The number of lines skipped.</returns>
    public int SkipLines(FollowedFile file, Block scratch)
    {
        var skipped = 0;

        while (TryReadLines(file, scratch))
        {
            skipped += scratch.Lines;
            scratch.ClearContent();
        }

        return skipped;
    }

    /// <summary>Finds the end of the last complete line at or before <paramref name="size"/>; 0 when there is none.</summary>
    public static long FindLastLineEnd(SafeFileHandle handle, long size)
    {
        var buffer = new byte[64 * 1024];

        for (var end = size; end > 0;)
        {
            var start = Math.Max(0, end - buffer.Length);
            var read = RandomAccess.Read(handle, buffer.AsSpan(0, (int)(end - start)), start);
            var lineEnd = buffer.AsSpan(0, read).LastIndexOf((byte)'\n');

            if (lineEnd >= 0)
            {
                return start + lineEnd + 1;
            }

            end = start;
        }

        return 0;
    }

    /// <summary>Advances past a byte order mark at the start of the file.</summary>
    public static void SkipByteOrderMark(FollowedFile file)
    {
        Span<byte> head = stackalloc byte[3];

        if (RandomAccess.Read(file.Handle!, head, 0) == 3 && head.SequenceEqual(LineRules.ByteOrderMark))
        {
            file.AdvanceTo(3);
            file.AcknowledgeUpTo(3);
        }
    }

    /// <summary>Reads only the start of a line over the limit.</summary>
    /// <param name="handle">The open file.</param>
    /// <param name="file">Its position, at the start of the line.</param>
    /// <param name="block">The block to read into.</param>
    /// <param name="length">The length of the line without LF.</param>
    /// <param name="end">The offset where reading continues after the line.</param>
    private void ReadLineStart(SafeFileHandle handle, FollowedFile file, Block block, long length, long end)
    {
        // With one byte over the limit LineRules sees that the line is truncated, and whether a character would be split.
        block.EnsureCapacity(maxLineBytes + 2);
        var read = RandomAccess.Read(handle, block.Buffer.AsSpan(0, maxLineBytes + 1), file.ReadOffset);
        block.Buffer[read] = (byte)'\n';

        // The CR of a CRLF is not part of the line, so the reported length excludes it.
        Span<byte> last = stackalloc byte[1];

        if (RandomAccess.Read(handle, last, file.ReadOffset + length - 1) == 1 && last[0] == (byte)'\r')
        {
            length--;
        }

        block.SetContent(file, file.ReadOffset, end, read + 1, maxLineBytes, length);
        file.AdvanceTo(end);
    }

    private static bool TryFindLineEnd(SafeFileHandle handle, FollowedFile file, byte[] scratch, out long lineEnd)
    {
        while (true)
        {
            var read = RandomAccess.Read(handle, scratch, file.ScannedTo);
            var index = scratch.AsSpan(0, read).IndexOf((byte)'\n');

            if (index >= 0)
            {
                lineEnd = file.ScannedTo + index;
                return true;
            }

            file.ScannedTo += read;

            if (read == 0)
            {
                lineEnd = -1;
                return false;
            }
        }
    }
}
