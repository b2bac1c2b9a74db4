using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace LogTailer.Lines;

/// <summary>What is a line and what of it is shipped.</summary>
internal static class LineRules
{
    /// <summary>Windows programs may begin a file with it; it is no part of the first line.</summary>
    public static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Looks over whole lines at the speed of memory.</summary>
    /// <param name="block">Whole lines, each with its end.</param>
    /// <param name="maxLineBytes">The limit for one line.</param>
    /// <returns>How many lines there are to ship, how many of them are over the limit, and whether the bytes can go out just as they stand.</returns>
    public static (int Lines, int Cut, bool AsItIs) Measure(ReadOnlySpan<byte> block, int maxLineBytes)
    {
        if (block.Length <= maxLineBytes && TryCountClean(block, out var clean))
        {
            return (clean, 0, true);
        }

        var (lines, cut, shipped) = (0, 0, 0);
        var enumerator = new LineEnumerator(block, maxLineBytes, 0);

        while (enumerator.MoveNext())
        {
            lines++;
            cut += enumerator.CutFrom > 0 ? 1 : 0;
            shipped += enumerator.Current.Length + 1;
        }

        return (lines, cut, cut == 0 && shipped == block.Length);
    }

    /// <summary>Counts the lines in one pass; false where one is empty or ends in CR LF.</summary>
    private static bool TryCountClean(ReadOnlySpan<byte> block, out int lines)
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

            if ((ends & (Vector256.Equals(before, Vector256.Create((byte)'\n')) | Vector256.Equals(before, Vector256.Create((byte)'\r')))) != default)
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

    /// <summary>The beginning of a line, not torn inside a character.</summary>
    public static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> line, int maxLineBytes)
    {
        if (line.Length <= maxLineBytes)
        {
            return line;
        }

        var end = maxLineBytes;

        // At most three continuation bytes belong to one character; more of them are not UTF-8 and stay as they are.
        while (end > 0 && maxLineBytes - end < 4 && (line[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return line[..(end == 0 || (line[end] & 0xC0) == 0x80 ? maxLineBytes : end)];
    }

    /// <summary>What follows the beginning of an over-long line where the line is shipped as plain text.</summary>
    public static byte[] CutMark(long lengthInFile)
        => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $" [truncated: the line has {lengthInFile} bytes]"));
}
