using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace LogTailer.Lines;

/// <summary>Rules for splitting bytes into lines and for what is shipped of each line.</summary>
internal static class LineRules
{
    /// <summary>UTF-8 byte order mark. It is not part of the first line.</summary>
    public static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Counts the lines of a block in one vectorized pass where possible.</summary>
    /// <param name="block">Complete lines, each with its line end.</param>
    /// <param name="maxLineBytes">The limit for one line.</param>
    /// <returns>The number of lines to ship, how many of them exceed the limit, and whether the bytes can be shipped unchanged.</returns>
    public static (int Lines, int Truncated, bool IsVerbatim) MeasureLines(ReadOnlySpan<byte> block, int maxLineBytes)
    {
        if (block.Length <= maxLineBytes && TryCountVerbatim(block, out var count))
        {
            return (count, 0, true);
        }

        var (lines, truncated, shipped) = (0, 0, 0);
        var enumerator = new LineEnumerator(block, maxLineBytes, 0);

        while (enumerator.MoveNext())
        {
            lines++;
            truncated += enumerator.OriginalLength > 0 ? 1 : 0;
            shipped += enumerator.Current.Length + 1;
        }

        return (lines, truncated, truncated == 0 && shipped == block.Length);
    }

    /// <summary>Counts the lines in one pass; false when a line is empty or ends in CR LF.</summary>
    private static bool TryCountVerbatim(ReadOnlySpan<byte> block, out int lines)
    {
        lines = 0;

        if (block is [(byte)'\n', ..])
        {
            return false;
        }

        ref var start = ref MemoryMarshal.GetReference(block);
        var at = 1;

        for (; Vector256.IsHardwareAccelerated && at + Vector256<byte>.Count <= block.Length; at += Vector256<byte>.Count)
        {
            var ends = Vector256.Equals(Vector256.LoadUnsafe(ref start, (nuint)at), Vector256.Create((byte)'\n'));
            var before = Vector256.LoadUnsafe(ref start, (nuint)at - 1);

            var lineFeedsBefore = Vector256.Equals(before, Vector256.Create((byte)'\n'));
            var returnsBefore = Vector256.Equals(before, Vector256.Create((byte)'\r'));

            if ((ends & (lineFeedsBefore | returnsBefore)) != default)
            {
                return false;
            }

            lines += BitOperations.PopCount(ends.ExtractMostSignificantBits());
        }

        for (; at < block.Length; at++)
        {
            if (block[at] == '\n')
            {
                if (block[at - 1] is (byte)'\n' or (byte)'\r')
                {
                    return false;
                }

                lines++;
            }
        }

        return true;
    }

    /// <summary>Truncates a line at the limit without splitting a UTF-8 character.</summary>
    public static ReadOnlySpan<byte> TruncateLine(ReadOnlySpan<byte> line, int maxLineBytes)
    {
        if (line.Length <= maxLineBytes)
        {
            return line;
        }

        var end = maxLineBytes;

        // A character has at most three continuation bytes; a longer run is not UTF-8 and is not adjusted.
        while (end > 0 && maxLineBytes - end < 4 && (line[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return line[..(end == 0 || (line[end] & 0xC0) == 0x80 ? maxLineBytes : end)];
    }

    /// <summary>Formats the mark that is appended to a truncated line of plain text.</summary>
    public static byte[] FormatTruncationMark(long lengthInFile)
        => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $" [truncated: the line has {lengthInFile} bytes]"));
}
