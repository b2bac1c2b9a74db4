using System.Text;
using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>
/// One line of an exposition, and the lexer for it: finds the ends of tokens by the rules of the format. Positions are byte offsets
/// in the line.
/// </summary>
/// <param name="text">The line without its line feed.</param>
/// <param name="number">The number of the line, from 1.</param>
/// <param name="isOpenMetrics">Whether the rules of OpenMetrics apply instead of those of the text format.</param>
internal readonly ref struct ExpositionLine(ReadOnlySpan<byte> text, int number, bool isOpenMetrics)
{
    public readonly ReadOnlySpan<byte> Text = text;

    public readonly int Number = number;

    public readonly bool IsOpenMetrics = isOpenMetrics;

    /// <summary>Formats a part of the line for an error message.</summary>
    public static string QuoteExcerpt(ReadOnlySpan<byte> text)
    {
        const int MaxLength = 60;
        return text.Length <= MaxLength ? Encoding.UTF8.GetString(text) : Encoding.UTF8.GetString(text[..MaxLength]) + "…";
    }

    public int SkipBlanks(int at)
    {
        var text = Text;
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    /// <summary>Skips blanks between the tokens of a series. OpenMetrics does not allow any.</summary>
    public int SkipOptionalBlanks(int at) => IsOpenMetrics ? at : SkipBlanks(at);

    public int FindTokenEnd(int at)
    {
        var text = Text;
        var length = text[at..].IndexOfAny((byte)' ', (byte)'\t');
        return length < 0 ? text.Length : at + length;
    }

    /// <summary>Finds the end of a quoted text and validates its escape sequences.</summary>
    /// <param name="at">The position of the opening quote.</param>
    /// <returns>The position after the closing quote.</returns>
    public int FindQuotedEnd(int at)
    {
        var i = at + 1;
        while (true)
        {
            var next = i > Text.Length ? -1 : Text[i..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
            {
                throw CreateError(at, "the closing double quote is missing");
            }

            i += next;
            if (Text[i] == '"')
            {
                ValidateEscapes(at + 1, i, isHelp: false);
                return i + 1;
            }

            i += 2;
        }
    }

    /// <summary>Finds the end of <c>name{labels}</c> without validating the labels.</summary>
    public int FindSeriesEnd(int start)
    {
        var rest = Text[start..];
        var end = rest.IndexOfAny("{ \t"u8);
        if (end < 0)
        {
            return Text.Length;
        }

        end += start;
        var brace = SkipOptionalBlanks(end);
        if (brace == Text.Length || Text[brace] != '{')
        {
            return end;
        }

        var i = brace + 1;
        while (true)
        {
            var next = Text[i..].IndexOfAny((byte)'"', (byte)'}');
            if (next < 0)
            {
                throw CreateError(brace, "the closing brace is missing");
            }

            i += next;
            if (Text[i] == '}')
            {
                return i + 1;
            }

            i = FindQuotedEnd(i);
        }
    }

    /// <summary>
    /// Validates escape sequences. The text format allows <c>\\</c>, <c>\n</c> and, in label values, <c>\"</c>. OpenMetrics allows a
    /// backslash before any character, but requires double quotes in a help text to be escaped.
    /// </summary>
    public void ValidateEscapes(int start, int end, bool isHelp)
    {
        for (var i = start; i < end; i++)
        {
            if (Text[i] == '"' && IsOpenMetrics && isHelp)
            {
                throw CreateError(i, "a double quote must be escaped as \\\"");
            }

            if (Text[i] != '\\')
            {
                continue;
            }

            if (++i == end)
            {
                throw CreateError(i - 1, "a backslash must be escaped as \\\\");
            }

            if (!IsOpenMetrics && Text[i] is not ((byte)'\\' or (byte)'n') && (isHelp || Text[i] != '"'))
            {
                var length = Rune.DecodeFromUtf8(Text[i..], out _, out var bytes) == 0 ? bytes : 1;
                throw CreateError(i - 1, $"'\\{QuoteExcerpt(Text.Slice(i, length))}' is not an escape sequence");
            }
        }
    }

    /// <summary>Reads the unquoted name of a metric.</summary>
    /// <param name="at">The start of the name; moved past it.</param>
    /// <param name="end">The end of the series.</param>
    public ReadOnlySpan<byte> ReadMetricName(ref int at, int end)
    {
        var start = at;
        SkipNameCharacters(ref at, end, allowColon: true);
        return at == start || (at < end && Text[at] is not ((byte)'{' or (byte)' ' or (byte)'\t'))
            ? throw CreateError(at, $"'{QuoteExcerpt(Text[start..end])}' is not a metric name")
            : Text[start..at];
    }

    /// <summary>Reads the unquoted name of a label.</summary>
    /// <param name="at">The start of the name; moved past it.</param>
    /// <param name="end">The end of the series.</param>
    public ReadOnlySpan<byte> ReadLabelName(ref int at, int end)
    {
        var start = at;
        SkipNameCharacters(ref at, end, allowColon: false);
        return at == start ? throw CreateError(at, $"'{QuoteExcerpt(Text[start..end])}' is not a label name") : Text[start..at];
    }

    public void SkipNameCharacters(ref int at, int end, bool allowColon)
    {
        if (at < end && LabelText.IsNameStart(Text[at], allowColon))
        {
            at++;
            while (at < end && LabelText.IsNamePart(Text[at], allowColon))
            {
                at++;
            }
        }
    }

    /// <summary>Reads the separator before a value: one space in OpenMetrics, one or more blanks in text.</summary>
    /// <returns>The position after the separator.</returns>
    public int ReadSeparator(int at, string following)
    {
        if (!IsOpenMetrics)
        {
            var next = SkipBlanks(at);
            return next > at || next == Text.Length ? next : throw CreateError(at, $"a blank must precede {following}");
        }

        return at < Text.Length && Text[at] == ' ' ? at + 1 : throw CreateError(at, $"a single space must precede {following}");
    }

    /// <summary>Creates the exception for a violation at a position. The column counts characters, not bytes.</summary>
    public ExpositionFormatException CreateError(int at, string reason)
    {
        var column = 1;
        var before = Text[..Math.Min(at, Text.Length)];
        while (!before.IsEmpty)
        {
            Rune.DecodeFromUtf8(before, out _, out var length);
            before = before[length..];
            column++;
        }

        return new ExpositionFormatException(Number, column, reason);
    }
}
