using System.Buffers;
using System.Text;

namespace MetricsRelay.Exposition;

/// <summary>How both formats write names and labels.</summary>
internal static class LabelText
{
    /// <summary>The label that stands for the metric name in relabel rules, selectors and remote write.</summary>
    public const string MetricNameLabel = "__name__";

    private static readonly SearchValues<byte> EscapedBytes = SearchValues.Create("\\\"\n"u8);

    /// <summary>Whether a metric name needs no quotes.</summary>
    public static bool IsMetricName(ReadOnlySpan<byte> name) => IsValidName(name, allowColon: true);

    /// <summary>Whether a label name needs no quotes.</summary>
    public static bool IsLabelName(ReadOnlySpan<byte> name) => IsValidName(name, allowColon: false);

    /// <inheritdoc cref="IsMetricName(ReadOnlySpan{byte})"/>
    public static bool IsMetricName(string name) => IsMetricName(Encoding.UTF8.GetBytes(name));

    /// <inheritdoc cref="IsLabelName(ReadOnlySpan{byte})"/>
    public static bool IsLabelName(string name) => IsLabelName(Encoding.UTF8.GetBytes(name));

    /// <summary>Whether a label may have this name in the configuration: names that start with <c>__</c> are reserved.</summary>
    public static bool IsConfigurableLabelName(string name) => IsLabelName(name) && !name.StartsWith("__", StringComparison.Ordinal);

    public static bool IsNameStart(byte value, bool allowColon) =>
        (uint)((value | 0x20) - 'a') <= 'z' - 'a' || value == '_' || (allowColon && value == ':');

    public static bool IsNamePart(byte value, bool allowColon) =>
        IsNameStart(value, allowColon) || (uint)(value - '0') <= 9;

    /// <summary>Writes <c>name{label="value"}</c>, or <c>{"na.me",label="value"}</c> where the name needs quotes.</summary>
    /// <returns>Whether a name needed quotes.</returns>
    public static bool WriteSeries(IBufferWriter<byte> writer, string name, IReadOnlyList<Label> labels)
    {
        var quoted = !IsMetricName(name);
        if (!quoted)
        {
            WritePlainText(writer, name);
        }

        if (quoted || labels.Count > 0)
        {
            writer.Write("{"u8);
            if (quoted)
            {
                WriteQuotedText(writer, name);
            }

            for (var i = 0; i < labels.Count; i++)
            {
                if (i > 0 || quoted)
                {
                    writer.Write(","u8);
                }

                var label = labels[i];
                if (IsLabelName(label.Name))
                {
                    WritePlainText(writer, label.Name);
                }
                else
                {
                    quoted = true;
                    WriteQuotedText(writer, label.Name);
                }

                writer.Write("="u8);
                WriteQuotedText(writer, label.Value);
            }

            writer.Write("}"u8);
        }

        return quoted;
    }

    /// <summary>Parses a text that <see cref="WriteSeries"/> wrote.</summary>
    /// <returns>The metric name.</returns>
    public static string ParseSeries(ReadOnlySpan<byte> text, List<Label> labels)
    {
        labels.Clear();
        var brace = text.IndexOfAny((byte)'{', (byte)'"');
        if (brace < 0)
        {
            return Encoding.UTF8.GetString(text);
        }

        var name = Encoding.UTF8.GetString(text[..brace]);
        var i = brace + 1;
        while (text[i] != '}')
        {
            var key = text[i] == '"' ? ReadQuotedText(text, ref i) : ReadTextUntil(text, ref i, (byte)'=');
            if (text[i] == '=')
            {
                i++;
                labels.Add(new Label(key, ReadQuotedText(text, ref i)));
            }
            else
            {
                name = key;
            }

            if (text[i] == ',')
            {
                i++;
            }
        }

        return name;
    }

    /// <summary>Escapes a text and writes it in double quotes.</summary>
    public static void WriteQuotedText(IBufferWriter<byte> writer, string text)
    {
        writer.Write("\""u8);
        WriteEscapedText(writer, Encoding.UTF8.GetBytes(text), quotes: true);
        writer.Write("\""u8);
    }

    /// <summary>Escapes backslashes and line feeds, and double quotes if <paramref name="quotes"/> is set.</summary>
    public static void WriteEscapedText(IBufferWriter<byte> writer, ReadOnlySpan<byte> text, bool quotes)
    {
        while (true)
        {
            var next = text.IndexOfAny(EscapedBytes);
            if (next < 0)
            {
                writer.Write(text);
                return;
            }

            writer.Write(text[..next]);
            writer.Write(text[next] switch
            {
                (byte)'\\' => "\\\\"u8,
                (byte)'\n' => "\\n"u8,
                _ => quotes ? "\\\""u8 : "\""u8,
            });
            text = text[(next + 1)..];
        }
    }

    /// <summary>Unescapes a valid text.</summary>
    public static string UnescapeText(ReadOnlySpan<byte> text) =>
        Encoding.UTF8.GetString(text.Contains((byte)'\\') ? UnescapeBytes(text) : text);

    /// <inheritdoc cref="UnescapeText"/>
    public static byte[] UnescapeBytes(ReadOnlySpan<byte> text)
    {
        var plain = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is (byte)'\\' or (byte)'n' or (byte)'"')
            {
                i++;
                plain[length++] = text[i] == 'n' ? (byte)'\n' : text[i];
            }
            else
            {
                plain[length++] = text[i];
            }
        }

        return plain.AsSpan(0, length).ToArray();
    }

    private static string ReadQuotedText(ReadOnlySpan<byte> text, ref int at)
    {
        var start = ++at;
        while (text[at] != '"')
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        return UnescapeText(text[start..at++]);
    }

    private static string ReadTextUntil(ReadOnlySpan<byte> text, ref int at, byte end)
    {
        var start = at;
        at += text[at..].IndexOf(end);
        return Encoding.UTF8.GetString(text[start..at]);
    }

    private static void WritePlainText(IBufferWriter<byte> writer, string text) => Encoding.UTF8.GetBytes(text, writer);

    private static bool IsValidName(ReadOnlySpan<byte> name, bool allowColon)
    {
        if (name.IsEmpty || !IsNameStart(name[0], allowColon))
        {
            return false;
        }

        foreach (var value in name[1..])
        {
            if (!IsNamePart(value, allowColon))
            {
                return false;
            }
        }

        return true;
    }
}
