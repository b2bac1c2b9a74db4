using System.Text;

namespace MetricsRelay.Exposition;

/// <content>The lines that begin with #.</content>
internal sealed partial class ExpositionParser
{
    // OpenMetrics: exactly one space between the tokens, and no other comment than TYPE, UNIT, HELP and EOF.
    private void ReadStrictMetadata(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual("# EOF"u8))
        {
            CloseFamily();
            _ended = true;
            return;
        }

        var keyword = line.StartsWith("# TYPE "u8) || line.StartsWith("# HELP "u8) || line.StartsWith("# UNIT "u8)
            ? line[2]
            : throw Error(line, 0, "only '# TYPE', '# UNIT', '# HELP' and '# EOF' may begin with #");
        const int NameAt = 7;
        var name = ReadMetadataName(line, NameAt, out var at);
        if (at == line.Length || line[at] != ' ')
        {
            throw Error(line, at, "a single space must follow the metric's name");
        }

        var rest = line[(at + 1)..];
        switch (keyword)
        {
            case (byte)'T':
                DeclareType(line, NameAt, name, ParseType(line, at + 1, rest));
                break;
            case (byte)'U':
                foreach (var letter in rest)
                {
                    if (!LabelText.IsNamePart(letter, colons: true))
                    {
                        throw Error(line, at + 1, $"'{Show(rest)}' is not a unit");
                    }
                }

                DeclareUnit(line, NameAt, name, rest);
                break;
            default:
                CheckEscapes(line, at + 1, line.Length, help: true);
                DeclareHelp(line, NameAt, name, rest);
                break;
        }
    }

    // Text: a comment unless its first token is HELP or TYPE, with any blanks in between.
    private void ReadComment(ReadOnlySpan<byte> line, int at)
    {
        var start = SkipBlanks(line, at);
        var end = EndOfToken(line, start);
        var token = line[start..end];
        var isType = token.SequenceEqual("TYPE"u8);
        if (!isType && !token.SequenceEqual("HELP"u8))
        {
            return;
        }

        var nameAt = SkipBlanks(line, end);
        var name = ReadMetadataName(line, nameAt, out at);
        start = SkipBlanks(line, at);
        if (start == at && start < line.Length)
        {
            throw Error(line, at, $"'{Show(line[nameAt..EndOfToken(line, nameAt)])}' is not a metric name");
        }

        if (!isType)
        {
            CheckEscapes(line, start, line.Length, help: true);
            DeclareHelp(line, nameAt, name, line[start..]);
            return;
        }

        end = EndOfToken(line, start);
        var type = ParseType(line, start, line[start..end]);
        if (SkipBlanks(line, end) < line.Length)
        {
            throw Error(line, SkipBlanks(line, end), "nothing may follow the type");
        }

        DeclareType(line, nameAt, name, type);
    }

    private static int EndOfToken(ReadOnlySpan<byte> line, int at)
    {
        var length = line[at..].IndexOfAny((byte)' ', (byte)'\t');
        return length < 0 ? line.Length : at + length;
    }

    private ReadOnlySpan<byte> ReadMetadataName(ReadOnlySpan<byte> line, int at, out int end)
    {
        if (at < line.Length && line[at] == '"')
        {
            end = EndOfQuoted(line, at);
            var quoted = line[(at + 1)..(end - 1)];
            return quoted.IsEmpty
                ? throw Error(line, at, "a metric's name must not be empty")
                : LabelText.UnescapeBytes(quoted);
        }

        end = at;
        if (end < line.Length && LabelText.IsNameStart(line[end], colons: true))
        {
            end++;
            while (end < line.Length && LabelText.IsNamePart(line[end], colons: true))
            {
                end++;
            }
        }

        return end == at ? throw Error(line, at, "a metric's name is missing") : line[at..end];
    }

    private MetricType ParseType(ReadOnlySpan<byte> line, int at, ReadOnlySpan<byte> type)
    {
        if (type.SequenceEqual("counter"u8))
        {
            return MetricType.Counter;
        }

        if (type.SequenceEqual("gauge"u8))
        {
            return MetricType.Gauge;
        }

        if (type.SequenceEqual("histogram"u8))
        {
            return MetricType.Histogram;
        }

        if (type.SequenceEqual("summary"u8))
        {
            return MetricType.Summary;
        }

        if (type.SequenceEqual(_strict ? "unknown"u8 : "untyped"u8))
        {
            return MetricType.Unknown;
        }

        if (_strict && type.SequenceEqual("info"u8))
        {
            return MetricType.Info;
        }

        if (_strict && type.SequenceEqual("stateset"u8))
        {
            return MetricType.StateSet;
        }

        if (_strict && type.SequenceEqual("gaugehistogram"u8))
        {
            return MetricType.GaugeHistogram;
        }

        throw Error(line, at, type.IsEmpty ? "the type is missing" : $"'{Show(type)}' is not a type");
    }

    /// <summary>The end of a text in double quotes that begins at <paramref name="at"/>, past the closing quote.</summary>
    private int EndOfQuoted(ReadOnlySpan<byte> line, int at)
    {
        var i = at + 1;
        while (true)
        {
            var next = i > line.Length ? -1 : line[i..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
            {
                throw Error(line, at, "the closing double quote is missing");
            }

            i += next;
            if (line[i] == '"')
            {
                CheckEscapes(line, at + 1, i, help: false);
                return i + 1;
            }

            i += 2;
        }
    }

    // The text format knows \\, \n and (in label values) \"; OpenMetrics lets a backslash stand before any other
    // character for itself, but has no bare double quote in a help text.
    private void CheckEscapes(ReadOnlySpan<byte> line, int start, int end, bool help)
    {
        for (var i = start; i < end; i++)
        {
            if (line[i] == '"' && _strict && help)
            {
                throw Error(line, i, "a double quote must be escaped as \\\"");
            }

            if (line[i] != '\\')
            {
                continue;
            }

            if (++i == end)
            {
                throw Error(line, i - 1, "a backslash must be escaped as \\\\");
            }

            var escape = line[i];
            if (!_strict && escape is not ((byte)'\\' or (byte)'n') && (help || escape != '"'))
            {
                throw Error(line, i - 1, $"'\\{Show(line.Slice(i, Rune.DecodeFromUtf8(line[i..], out _, out var length) == 0 ? length : 1))}' is not an escape sequence");
            }
        }
    }
}
