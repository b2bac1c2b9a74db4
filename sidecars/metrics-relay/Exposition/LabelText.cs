using System.Buffers;
using System.Text;

namespace MetricsRelay.Exposition;

/// <summary>The spelling of names and labels that both formats share.</summary>
internal static class LabelText
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create("\\\"\n"u8);

    /// <summary>Whether it can stand without quotes as a metric's name.</summary>
    public static bool IsMetricName(ReadOnlySpan<byte> name) => IsName(name, colons: true);

    /// <summary>Whether it can stand without quotes as a label's name.</summary>
    public static bool IsLabelName(ReadOnlySpan<byte> name) => IsName(name, colons: false);

    /// <inheritdoc cref="IsMetricName(ReadOnlySpan{byte})"/>
    public static bool IsMetricName(string name) => IsMetricName(Encoding.UTF8.GetBytes(name));

    /// <inheritdoc cref="IsLabelName(ReadOnlySpan{byte})"/>
    public static bool IsLabelName(string name) => IsLabelName(Encoding.UTF8.GetBytes(name));

    public static bool IsNameStart(byte value, bool colons) =>
        (uint)((value | 0x20) - 'a') <= 'z' - 'a' || value == '_' || (colons && value == ':');

    public static bool IsNamePart(byte value, bool colons) =>
        IsNameStart(value, colons) || (uint)(value - '0') <= 9;

    /// <summary>Writes <c>name{label="value"}</c>, or <c>{"na.me",label="value"}</c> where the name needs quotes.</summary>
    /// <returns>Whether anything needed quotes.</returns>
    public static bool WriteSeries(IBufferWriter<byte> writer, string name, IReadOnlyList<Label> labels)
    {
        var quoted = !IsMetricName(name);
        if (!quoted)
        {
            WriteRaw(writer, name);
        }

        if (quoted || labels.Count > 0)
        {
            writer.Write("{"u8);
            if (quoted)
            {
                WriteQuoted(writer, name);
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
                    WriteRaw(writer, label.Name);
                }
                else
                {
                    quoted = true;
                    WriteQuoted(writer, label.Name);
                }

                writer.Write("="u8);
                WriteQuoted(writer, label.Value);
            }

            writer.Write("}"u8);
        }

        return quoted;
    }

    /// <summary>Takes apart what <see cref="WriteSeries"/> wrote.</summary>
    public static string ReadSeries(ReadOnlySpan<byte> text, List<Label> labels)
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
            var key = text[i] == '"' ? ReadQuoted(text, ref i) : ReadUntil(text, ref i, (byte)'=');
            if (text[i] == '=')
            {
                i++;
                labels.Add(new Label(key, ReadQuoted(text, ref i)));
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

    /// <summary>Writes a text between double quotes, escaped.</summary>
    public static void WriteQuoted(IBufferWriter<byte> writer, string text)
    {
        writer.Write("\""u8);
        WriteEscaped(writer, Encoding.UTF8.GetBytes(text), quotes: true);
        writer.Write("\""u8);
    }

    /// <summary>Escapes backslash and line feed, and double quotes where <paramref name="quotes"/> says so.</summary>
    public static void WriteEscaped(IBufferWriter<byte> writer, ReadOnlySpan<byte> text, bool quotes)
    {
        while (true)
        {
            var next = text.IndexOfAny(Escaped);
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

    /// <summary>Undoes the escapes of a text that is known to be well-formed.</summary>
    public static string Unescape(ReadOnlySpan<byte> text)
    {
        if (!text.Contains((byte)'\\'))
        {
            return Encoding.UTF8.GetString(text);
        }

        return Encoding.UTF8.GetString(UnescapeBytes(text));
    }

    /// <inheritdoc cref="Unescape(ReadOnlySpan{byte})"/>
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

    private static string ReadQuoted(ReadOnlySpan<byte> text, ref int at)
    {
        var start = ++at;
        while (text[at] != '"')
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        return Unescape(text[start..at++]);
    }

    private static string ReadUntil(ReadOnlySpan<byte> text, ref int at, byte end)
    {
        var start = at;
        at += text[at..].IndexOf(end);
        return Encoding.UTF8.GetString(text[start..at]);
    }

    private static void WriteRaw(IBufferWriter<byte> writer, string text) => Encoding.UTF8.GetBytes(text, writer);

    private static bool IsName(ReadOnlySpan<byte> name, bool colons)
    {
        if (name.IsEmpty || !IsNameStart(name[0], colons))
        {
            return false;
        }

        foreach (var value in name[1..])
        {
            if (!IsNamePart(value, colons))
            {
                return false;
            }
        }

        return true;
    }
}
