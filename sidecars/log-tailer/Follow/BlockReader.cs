using LogTailer.Flow;
using LogTailer.Lines;
using Microsoft.Win32.SafeHandles;

namespace LogTailer.Follow;

/// <summary>Takes the next whole lines out of a file. A line whose end has not come yet is left in the file: it costs no memory, however long it gets.</summary>
/// <param name="maxLineBytes">The limit for one line; a longer one is cut.</param>
internal sealed class BlockReader(int maxLineBytes)
{
    /// <summary>Reads the next whole lines into <paramref name="block"/>; false when none is complete.</summary>
    public bool TryRead(FollowedFile file, Block block)
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

                // One over the limit may be the CR of a CRLF: the line rules decide.
                if (length > maxLineBytes + 1L)
                {
                    return TryReadBeginning(handle, file, block, length, lineEnd + 1);
                }

                block.MakeRoomFor((int)length + 1);
            }

            var buffer = block.Buffer;
            var read = RandomAccess.Read(handle, buffer, file.ReadOffset);
            var end = buffer.AsSpan(0, read).LastIndexOf((byte)'\n') + 1;

            if (end > 0)
            {
                block.Fill(file, file.ReadOffset, file.ReadOffset + end, end, maxLineBytes);
                MoveTo(file, block.End);
                return true;
            }

            file.ScannedTo = file.ReadOffset + read;

            if (read < buffer.Length)
            {
                return false;
            }
        }
    }

    /// <summary>Reads what stands after the last line's end, for a file that nobody will write to any more.</summary>
    public bool TryReadTail(FollowedFile file, Block block)
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
            return TryReadBeginning(handle, file, block, length, size);
        }

        block.MakeRoomFor((int)length + 1);
        var read = RandomAccess.Read(handle, block.Buffer.AsSpan(0, (int)length), file.ReadOffset);
        block.Buffer[read] = (byte)'\n';
        block.Fill(file, file.ReadOffset, file.ReadOffset + read, read + 1, maxLineBytes);
        MoveTo(file, block.End);
        return true;
    }

    /// <summary>Moves past the whole lines that stand there without handing them on.</summary>
    /// <returns>How many lines that were.</returns>
    public int SkipLines(FollowedFile file, Block scratch)
    {
        var skipped = 0;

        while (TryRead(file, scratch))
        {
            skipped += scratch.Lines;
            scratch.Shrink();
        }

        return skipped;
    }

    /// <summary>Where the last whole line ends at or before <paramref name="size"/>; 0 when there is none.</summary>
    public static long LastLineEnd(SafeFileHandle handle, long size)
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

    /// <summary>Moves a file on that begins with a byte order mark.</summary>
    public static void SkipByteOrderMark(FollowedFile file)
    {
        Span<byte> head = stackalloc byte[3];

        if (RandomAccess.Read(file.Handle!, head, 0) == 3 && head.SequenceEqual(LineRules.ByteOrderMark))
        {
            MoveTo(file, 3);
            file.Acknowledge(3);
        }
    }

    private bool TryReadBeginning(SafeFileHandle handle, FollowedFile file, Block block, long length, long end)
    {
        // One byte over the limit shows the line rules that it is cut, and where a character ends.
        block.MakeRoomFor(maxLineBytes + 2);
        var read = RandomAccess.Read(handle, block.Buffer.AsSpan(0, maxLineBytes + 1), file.ReadOffset);
        block.Buffer[read] = (byte)'\n';

        // The CR of a CRLF is no part of the line, so not of the length that is told either.
        Span<byte> last = stackalloc byte[1];

        if (RandomAccess.Read(handle, last, file.ReadOffset + length - 1) == 1 && last[0] == (byte)'\r')
        {
            length--;
        }

        block.Fill(file, file.ReadOffset, end, read + 1, maxLineBytes, length);
        MoveTo(file, end);
        return true;
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

    private static void MoveTo(FollowedFile file, long offset)
    {
        file.ReadOffset = offset;
        file.ScannedTo = offset;
    }
}
