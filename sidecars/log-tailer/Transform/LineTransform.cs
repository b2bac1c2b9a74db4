using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LogTailer.Lines;

namespace LogTailer.Transform;

/// <summary>
/// Enriches, filters and redacts lines on their JSON tokens: what is not touched is copied byte for byte, nothing is
/// serialised anew. One instance serves one sink's thread.
/// </summary>
internal sealed class LineTransform
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[][] _redacted;
    private readonly DropCondition[] _drop;
    private readonly Field[] _fields;
    private readonly bool[] _present;

    private LineTransform(EnrichOptions enrich, FilterOptions filter, RedactOptions redact)
    {
        _redacted = [.. redact.Fields.Select(Encoding.UTF8.GetBytes)];
        _drop = [.. filter.Drop.Select(condition => new DropCondition(condition))];
        _fields = [.. enrich.Fields.Select(field => new Field(
            Encoding.UTF8.GetBytes(field.Key),
            Encoding.UTF8.GetBytes($"{JsonSerializer.Serialize(field.Key)}:{JsonSerializer.Serialize(field.Value)}")))];
        _present = new bool[_fields.Length];
    }

    /// <summary>Null where lines are to stay as they are.</summary>
    public static LineTransform? Create(EnrichOptions enrich, FilterOptions filter, RedactOptions redact)
        => enrich.Fields.Count + filter.Drop.Length + redact.Fields.Length == 0 ? null : new LineTransform(enrich, filter, redact);

    /// <summary>Appends the line as it is to be shipped, without a line end.</summary>
    /// <param name="line">The line as it stands in the file.</param>
    /// <param name="cutFrom">Its length in the file where it was cut; else 0.</param>
    /// <param name="output">Where to.</param>
    /// <returns>False where the line is to be dropped; then nothing is appended.</returns>
    public bool Apply(ReadOnlySpan<byte> line, long cutFrom, ByteBuffer output)
    {
        var start = output.Length;

        if (cutFrom == 0 && FirstOf(line) == '{')
        {
            try
            {
                if (!SpliceObject(line, output))
                {
                    output.TruncateTo(start);
                    return false;
                }

                return true;
            }
            catch (Exception exception) when (IsOfTheLine(exception))
            {
                output.TruncateTo(start);
            }
        }

        AppendText(line, cutFrom, output);
        return true;
    }

    private bool SpliceObject(ReadOnlySpan<byte> line, ByteBuffer output)
    {
        var reader = new Utf8JsonReader(line);
        var copied = 0;
        var empty = true;
        Array.Clear(_present);
        reader.Read();

        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var top = reader.CurrentDepth == 1;
                empty &= !top;
                var (redact, condition) = top ? MeetField(ref reader) : (IsRedacted(ref reader), null);
                reader.Read();

                if (condition is not null && condition.IsMetBy(ref reader))
                {
                    return false;
                }

                if (redact)
                {
                    output.Append(line[copied..(int)reader.TokenStartIndex]);
                    output.Append("\"***\""u8);
                    reader.Skip();
                    copied = (int)reader.BytesConsumed;
                }
            }
            else if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 0)
            {
                output.Append(line[copied..(int)reader.TokenStartIndex]);
                AppendFields(output, comma: !empty);
                copied = (int)reader.TokenStartIndex;
            }
        }

        output.Append(line[copied..]);
        return true;
    }

    private (bool Redact, DropCondition? Condition) MeetField(ref Utf8JsonReader property)
    {
        for (var i = 0; i < _fields.Length; i++)
        {
            _present[i] |= property.ValueTextEquals(_fields[i].Name);
        }

        foreach (var condition in _drop)
        {
            if (condition.IsFor(ref property))
            {
                return (IsRedacted(ref property), condition);
            }
        }

        return (IsRedacted(ref property), null);
    }

    private bool IsRedacted(ref Utf8JsonReader property)
    {
        foreach (var name in _redacted)
        {
            if (property.ValueTextEquals(name))
            {
                return true;
            }
        }

        return false;
    }

    private void AppendFields(ByteBuffer output, bool comma)
    {
        for (var i = 0; i < _fields.Length; i++)
        {
            if (_present[i])
            {
                continue;
            }

            if (comma)
            {
                output.Append((byte)',');
            }

            output.Append(_fields[i].Json);
            comma = true;
        }
    }

    /// <summary>The first byte that is no white space of JSON; 0 where there is none.</summary>
    private static byte FirstOf(ReadOnlySpan<byte> line) => line.TrimStart(" \t\r"u8) is [var first, ..] ? first : (byte)0;

    /// <summary>A line that is no JSON object: as it is, or wrapped where there are fields to add.</summary>
    private void AppendText(ReadOnlySpan<byte> line, long cutFrom, ByteBuffer output)
    {
        var readable = _redacted.Length > 0 && FirstOf(line) is (byte)'{' or (byte)'[' ? RedactReadable(line) : null;
        var text = readable is null ? line : readable.Bytes;

        if (_fields.Length == 0)
        {
            output.Append(text);

            if (cutFrom > 0)
            {
                output.Append(LineRules.CutMark(cutFrom));
            }

            return;
        }

        Array.Clear(_present);
        output.Append("{\"message\":"u8);
        AppendString(output, text);

        if (cutFrom > 0)
        {
            output.Append(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"truncated_from_bytes\":{cutFrom}")));
        }

        AppendFields(output, comma: true);
        output.Append((byte)'}');
    }

    /// <summary>
    /// Of an object or array that breaks off or is damaged, what can be read, redacted. The rest is left out: nobody can say
    /// what secret it holds.
    /// </summary>
    /// <returns>Null where no object begins: <c>[INFO] text</c> is no array.</returns>
    private ByteBuffer? RedactReadable(ReadOnlySpan<byte> line)
    {
        var readable = new ByteBuffer(line.Length + 64);
        var reader = new Utf8JsonReader(line, isFinalBlock: false, default);
        var copied = 0;
        var hasObject = false;

        try
        {
            while (reader.Read())
            {
                hasObject |= reader.TokenType == JsonTokenType.StartObject;

                if (reader.TokenType != JsonTokenType.PropertyName || !IsRedacted(ref reader))
                {
                    continue;
                }

                readable.Append(line[copied..(int)reader.BytesConsumed]);
                copied = (int)reader.BytesConsumed;
                var value = reader;

                if (!value.Read() || !value.TrySkip())
                {
                    break;
                }

                readable.Append("\"***\""u8);
                reader = value;
                copied = (int)reader.BytesConsumed;
            }
        }
        catch (Exception exception) when (IsOfTheLine(exception))
        {
            // Up to here it could be read.
        }

        if (!hasObject)
        {
            return null;
        }

        if (reader.BytesConsumed > copied)
        {
            readable.Append(line[copied..(int)reader.BytesConsumed]);
        }

        var isWhole = reader.CurrentDepth == 0 && reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;

        if (!isWhole || FirstOf(line[(int)reader.BytesConsumed..]) != 0)
        {
            readable.Append("*** [the rest is not valid JSON and left out]"u8);
        }

        return readable;
    }

    /// <summary>
    /// Whether it is the line that is to blame: not JSON, or a name or value that is no text, such as a lone surrogate
    /// (<c>"\ud800"</c>), of which the reader takes the grammar and refuses the comparison.
    /// </summary>
    private static bool IsOfTheLine(Exception exception) => exception is JsonException or InvalidOperationException;

    /// <summary>A JSON string; bytes that are no UTF-8 become U+FFFD.</summary>
    public static void AppendString(ByteBuffer output, ReadOnlySpan<byte> text)
    {
        using var writer = new Utf8JsonWriter(output, Relaxed);
        writer.WriteStringValue(text);
    }

    private readonly record struct Field(byte[] Name, byte[] Json);
}
