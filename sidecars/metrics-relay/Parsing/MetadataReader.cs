using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>Reads the lines that start with <c>#</c>: TYPE, HELP, UNIT, and in the text format comments.</summary>
internal sealed class MetadataReader(FamilyTracker families)
{
    /// <summary>
    /// Reads a line of OpenMetrics: exactly one space between tokens, and no comments. The caller handles <c># EOF</c>.
    /// </summary>
    public void ReadOpenMetricsLine(in ExpositionLine line)
    {
        var text = line.Text;
        var keyword = text.StartsWith("# TYPE "u8) || text.StartsWith("# HELP "u8) || text.StartsWith("# UNIT "u8)
            ? text[2]
            : throw line.CreateError(0, "only '# TYPE', '# UNIT', '# HELP' and '# EOF' may begin with #");
        const int NameAt = 7;
        var name = ReadName(in line, NameAt, out var at);
        if (at == text.Length || text[at] != ' ')
        {
            throw line.CreateError(at, "a single space must follow the metric name");
        }

        var rest = text[(at + 1)..];
        switch (keyword)
        {
            case (byte)'T':
                families.DeclareType(in line, NameAt, name, ParseType(in line, at + 1, rest));
                break;
            case (byte)'U':
                ValidateUnit(in line, at + 1, rest);
                families.DeclareUnit(in line, NameAt, name, rest);
                break;
            default:
                line.ValidateEscapes(at + 1, text.Length, isHelp: true);
                families.DeclareHelp(in line, NameAt, name, rest);
                break;
        }
    }

    /// <summary>Reads a line of the text format: a comment, unless its first token is HELP or TYPE.</summary>
    /// <param name="line">The line.</param>
    /// <param name="at">The position after <c>#</c>.</param>
    public void ReadTextLine(in ExpositionLine line, int at)
    {
        var text = line.Text;
        var start = line.SkipBlanks(at);
        var end = line.FindTokenEnd(start);
        var token = text[start..end];
        var isType = token.SequenceEqual("TYPE"u8);
        if (!isType && !token.SequenceEqual("HELP"u8))
        {
            return;
        }

        var nameAt = line.SkipBlanks(end);
        var name = ReadName(in line, nameAt, out at);
        start = line.SkipBlanks(at);
        if (start == at && start < text.Length)
        {
            throw line.CreateError(
                at, $"'{ExpositionLine.QuoteExcerpt(text[nameAt..line.FindTokenEnd(nameAt)])}' is not a metric name");
        }

        if (!isType)
        {
            line.ValidateEscapes(start, text.Length, isHelp: true);
            families.DeclareHelp(in line, nameAt, name, text[start..]);
            return;
        }

        end = line.FindTokenEnd(start);
        var type = ParseType(in line, start, text[start..end]);
        if (line.SkipBlanks(end) < text.Length)
        {
            throw line.CreateError(line.SkipBlanks(end), "nothing may follow the type");
        }

        families.DeclareType(in line, nameAt, name, type);
    }

    private static ReadOnlySpan<byte> ReadName(in ExpositionLine line, int at, out int end)
    {
        if (at < line.Text.Length && line.Text[at] == '"')
        {
            end = line.FindQuotedEnd(at);
            var quoted = line.Text[(at + 1)..(end - 1)];
            return quoted.IsEmpty ? throw line.CreateError(at, "a metric name must not be empty") : LabelText.UnescapeBytes(quoted);
        }

        end = at;
        line.SkipNameCharacters(ref end, line.Text.Length, allowColon: true);
        return end == at ? throw line.CreateError(at, "the metric name is missing") : line.Text[at..end];
    }

    private static void ValidateUnit(in ExpositionLine line, int at, ReadOnlySpan<byte> unit)
    {
        foreach (var character in unit)
        {
            if (!LabelText.IsNamePart(character, allowColon: true))
            {
                throw line.CreateError(at, $"'{ExpositionLine.QuoteExcerpt(unit)}' is not a unit");
            }
        }
    }

    private static MetricType ParseType(in ExpositionLine line, int at, ReadOnlySpan<byte> type)
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

        if (type.SequenceEqual(line.IsOpenMetrics ? "unknown"u8 : "untyped"u8))
        {
            return MetricType.Unknown;
        }

        if (line.IsOpenMetrics && type.SequenceEqual("info"u8))
        {
            return MetricType.Info;
        }

        if (line.IsOpenMetrics && type.SequenceEqual("stateset"u8))
        {
            return MetricType.StateSet;
        }

        if (line.IsOpenMetrics && type.SequenceEqual("gaugehistogram"u8))
        {
            return MetricType.GaugeHistogram;
        }

        throw line.CreateError(at, type.IsEmpty ? "the type is missing" : $"'{ExpositionLine.QuoteExcerpt(type)}' is not a type");
    }
}
