using System.Buffers;
using System.Text.Json;

namespace Agent.Validation;

/// <summary>Locates a JSON syntax error as Python's parser does: in code points, and at the start of a misspelled literal.</summary>
internal static class SyntaxErrorPosition
{
    /// <param name="json">The document.</param>
    /// <param name="exception">The parser's error, with a line number and a byte position in that line.</param>
    /// <returns>The number of code points before the error.</returns>
    public static long FindOffset(ReadOnlySequence<byte> json, JsonException exception)
    {
        var lines = exception.LineNumber ?? 0;
        var lineStart = 0L;
        var rest = new SequenceReader<byte>(json);
        while (lines-- > 0 && rest.TryAdvanceTo((byte)'\n'))
        {
            lineStart = rest.Consumed;
        }

        var before = json.Slice(0, Math.Min(lineStart + (exception.BytePositionInLine ?? 0), json.Length));
        return CountCodePoints(before.Slice(0, before.Length - MeasureLiteralPrefix(before)));
    }

    /// <summary>
    /// The number of bytes at the end that are a prefix of true, false or null: .NET reports the first wrong letter, Python the
    /// word.
    /// </summary>
    private static int MeasureLiteralPrefix(ReadOnlySequence<byte> before)
    {
        Span<byte> end = stackalloc byte[(int)Math.Min(4, before.Length)];
        before.Slice(before.Length - end.Length).CopyTo(end);
        for (var length = end.Length; length > 0; length--)
        {
            var word = end[^length..];
            if (length < 4 && ("true"u8.StartsWith(word) || "null"u8.StartsWith(word)) || length < 5 && "false"u8.StartsWith(word))
            {
                return length;
            }
        }

        return 0;
    }

    private static long CountCodePoints(ReadOnlySequence<byte> utf8)
    {
        var count = 0L;
        foreach (var segment in utf8)
        {
            foreach (var b in segment.Span)
            {
                count += (b & 0b1100_0000) == 0b1000_0000 ? 0 : 1;
            }
        }

        return count;
    }
}
