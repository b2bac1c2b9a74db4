using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>
/// Validates the exemplar of a sample: <c># {labels} value [timestamp]</c>. Exemplars change with every scrape, so their labels are
/// validated in place and nothing is stored in the catalog.
/// </summary>
internal static class ExemplarReader
{
    private const int MaxCharacters = 128;

    /// <param name="line">The line.</param>
    /// <param name="at">The position of <c>#</c>.</param>
    /// <param name="series">The series of the sample.</param>
    /// <returns>The validated text from the opening brace.</returns>
    public static ReadOnlySpan<byte> ReadExemplar(in ExpositionLine line, int at, in Series series)
    {
        var text = line.Text;
        if (!text[at..].StartsWith("# {"u8))
        {
            throw line.CreateError(at, "an exemplar is ' # {labels} value [timestamp]'");
        }

        if (series.Kind is not (SampleKind.Total or SampleKind.Bucket))
        {
            throw line.CreateError(at, "only the total of a counter and the buckets of a histogram have exemplars");
        }

        var labelsAt = at + 2;
        var labelsEnd = line.FindSeriesEnd(labelsAt);
        ValidateLabels(in line, labelsAt);
        var valueAt = line.ReadSeparator(labelsEnd, "the value of an exemplar");
        var valueEnd = line.FindTokenEnd(valueAt);
        if (!NumberText.TryParseValue(text[valueAt..valueEnd], out var value))
        {
            throw line.CreateError(valueAt, $"'{ExpositionLine.QuoteExcerpt(text[valueAt..valueEnd])}' is not the value of an exemplar");
        }

        if (series.Kind == SampleKind.Bucket && !(value <= series.Bound))
        {
            throw line.CreateError(valueAt, "the value of an exemplar must lie within its bucket");
        }

        if (valueEnd < text.Length)
        {
            var timestampAt = line.ReadSeparator(valueEnd, "the timestamp of an exemplar");
            if (!NumberText.TryParseReal(text[timestampAt..], out _))
            {
                throw line.CreateError(timestampAt, $"'{ExpositionLine.QuoteExcerpt(text[timestampAt..])}' is not a timestamp in seconds");
            }
        }

        return text[labelsAt..];
    }

    private static void ValidateLabels(in ExpositionLine line, int brace)
    {
        Span<(int Start, int End)> names = stackalloc (int, int)[MaxCharacters];
        var text = line.Text;
        var count = 0;
        var characters = 0;
        var i = brace + 1;
        while (text[i] != '}')
        {
            if (count > 0 && text[i++] != ',')
            {
                throw line.CreateError(i - 1, "a comma or the closing brace must follow a label");
            }

            var nameAt = i;
            if (text[i] == '"')
            {
                i = line.FindQuotedEnd(i);
                characters += CountCharacters(text[(nameAt + 1)..(i - 1)]);
            }
            else
            {
                characters += line.ReadLabelName(ref i, text.Length).Length;
            }

            if (text[i] != '=' || text[i + 1] != '"')
            {
                throw line.CreateError(i, "'=' and a value in double quotes must follow the name of a label");
            }

            ValidateLabelName(in line, nameAt, i, names[..count]);
            var valueAt = i + 1;
            names[count == MaxCharacters ? 0 : count] = (nameAt, i);
            i = line.FindQuotedEnd(valueAt);
            characters += CountCharacters(text[(valueAt + 1)..(i - 1)]);
            if (characters > MaxCharacters || count++ == MaxCharacters)
            {
                throw line.CreateError(brace, $"the labels of an exemplar have more than {MaxCharacters} characters");
            }
        }
    }

    private static void ValidateLabelName(in ExpositionLine line, int start, int end, ReadOnlySpan<(int Start, int End)> others)
    {
        var name = line.Text[start..end];
        if (name.StartsWith("__"u8) || name.StartsWith("\"__"u8) || name.SequenceEqual("\"\""u8))
        {
            throw line.CreateError(start, $"the label name '{ExpositionLine.QuoteExcerpt(name)}' is empty or reserved");
        }

        foreach (var other in others)
        {
            if (line.Text[other.Start..other.End].SequenceEqual(name))
            {
                throw line.CreateError(start, $"the label '{ExpositionLine.QuoteExcerpt(name)}' occurs twice");
            }
        }
    }

    // The characters of the unescaped text: an escape sequence counts once, and so do the bytes of a character beyond ASCII.
    private static int CountCharacters(ReadOnlySpan<byte> text)
    {
        var characters = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is (byte)'\\' or (byte)'n' or (byte)'"')
            {
                i++;
            }

            if ((text[i] & 0xC0) != 0x80)
            {
                characters++;
            }
        }

        return characters;
    }
}
