using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LogTailer.Lines;

namespace LogTailer.Transform;

/// <summary>
/// Enriches, filters and redacts lines based on their JSON tokens. Unchanged parts are copied byte for byte; nothing is serialized again.
/// Not thread-safe: each sink has its own instance.
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
            Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(field.Key)}\":\"{JsonEncodedText.Encode(field.Value)}\"")))];
        _present = new bool[_fields.Length];
    }

    /// <summary>Creates a transform; null when lines are shipped unchanged.</summary>
    public static LineTransform? TryCreate(EnrichOptions enrich, FilterOptions filter, RedactOptions redact)
        => enrich.Fields.Count + filter.Drop.Length + redact.Fields.Length == 0 ? null : new LineTransform(enrich, filter, redact);

    /// <summary>Appends the transformed line, without a line end.</summary>
    /// <param name="line">The line in the file.</param>
    /// <param name="originalLength">The length of the line in the file when it is truncated; otherwise 0.</param>
    /// <param name="output">The buffer to append to.</param>
    /// <returns>False when the filter drops the line; then nothing is appended.</returns>
    public bool TryApply(ReadOnlySpan<byte> line, long originalLength, ByteBuffer output)
    {
        var start = output.Length;

        if (originalLength == 0 && GetFirstByte(line) == '{')
        {
            try
            {
                if (!TryTransformObject(line, output))
                {
                    output.TruncateTo(start);
                    return false;
                }

                return true;
            }
            catch (Exception exception) when (IsInvalidLine(exception))
            {
                output.TruncateTo(start);
            }
        }

        AppendText(line, originalLength, output);
        return true;
    }

    private bool TryTransformObject(ReadOnlySpan<byte> line, ByteBuffer output)
    {
        var reader = new Utf8JsonReader(line);
        var copied = 0;
        var isEmpty = true;
        Array.Clear(_present);
        reader.Read();

        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var isTopLevel = reader.CurrentDepth == 1;
                isEmpty &= !isTopLevel;
                var (redact, condition) = isTopLevel ? CheckField(ref reader) : (IsRedacted(ref reader), null);
                reader.Read();

                if (condition is not null && condition.MatchesValue(ref reader))
                {
                    return false;
                }

                if (redact)
                {
                    output.AppendBytes(line[copied..(int)reader.TokenStartIndex]);
                    output.AppendBytes("\"***\""u8);
                    reader.Skip();
                    copied = (int)reader.BytesConsumed;
                }
            }
            else if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 0)
            {
                output.AppendBytes(line[copied..(int)reader.TokenStartIndex]);
                AppendFields(output, comma: !isEmpty);
                copied = (int)reader.TokenStartIndex;
            }
        }

        output.AppendBytes(line[copied..]);
        return true;
    }

    private (bool Redact, DropCondition? Condition) CheckField(ref Utf8JsonReader property)
    {
        for (var i = 0; i < _fields.Length; i++)
        {
            _present[i] |= property.ValueTextEquals(_fields[i].Name);
        }

        foreach (var condition in _drop)
        {
            if (condition.AppliesTo(ref property))
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
                output.AppendByte((byte)',');
            }

            output.AppendBytes(_fields[i].Json);
            comma = true;
        }
    }

    /// <summary>The first byte that is not JSON white space; 0 when there is none.</summary>
    private static byte GetFirstByte(ReadOnlySpan<byte> line) => line.TrimStart(" \t\r"u8) is [var first, ..] ? first : (byte)0;

    /// <summary>Appends a line that is not a JSON object: unchanged, or wrapped when there are fields to add.</summary>
    private void AppendText(ReadOnlySpan<byte> line, long originalLength, ByteBuffer output)
    {
        var readable = _redacted.Length > 0 && GetFirstByte(line) is (byte)'{' or (byte)'[' ? RedactReadable(line) : null;
        var text = readable is null ? line : readable.Bytes;

        if (_fields.Length == 0)
        {
            output.AppendBytes(text);

            if (originalLength > 0)
            {
                output.AppendBytes(LineRules.FormatTruncationMark(originalLength));
            }

            return;
        }

        Array.Clear(_present);
        output.AppendBytes("{\"message\":"u8);
        AppendJsonString(output, text);

        if (originalLength > 0)
        {
            output.AppendBytes(
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"truncated_from_bytes\":{originalLength}")));
        }

        AppendFields(output, comma: true);
        output.AppendByte((byte)'}');
    }

    /// <summary>
    /// Redacts the readable start of a damaged or incomplete object or array. The rest is removed, because it may contain secrets that
    /// cannot be recognized.
    /// </summary>
    /// <returns>Null when there is no object: <c>[INFO] text</c> is not an array.</returns>
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

                readable.AppendBytes(line[copied..(int)reader.BytesConsumed]);
                copied = (int)reader.BytesConsumed;
                var value = reader;

                if (!value.Read() || !value.TrySkip())
                {
                    break;
                }

                readable.AppendBytes("\"***\""u8);
                reader = value;
                copied = (int)reader.BytesConsumed;
            }
        }
        catch (Exception exception) when (IsInvalidLine(exception))
        {
            // The readable part ends here.
        }

        if (!hasObject)
        {
            return null;
        }

        if (reader.BytesConsumed > copied)
        {
            readable.AppendBytes(line[copied..(int)reader.BytesConsumed]);
        }

        var isComplete = reader.CurrentDepth == 0 && reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;

        if (!isComplete || GetFirstByte(line[(int)reader.BytesConsumed..]) != 0)
        {
            readable.AppendBytes("*** [the rest is not valid JSON and was removed]"u8);
        }

        return readable;
    }

    /// <summary>
    /// Whether the exception means that the line is invalid: not JSON, or a string with a lone surrogate (<c>"\ud800"</c>), which is valid
    /// JSON but cannot be compared.
    /// </summary>
    private static bool IsInvalidLine(Exception exception) => exception is JsonException or InvalidOperationException;

    /// <summary>Appends a JSON string. Invalid UTF-8 is replaced by U+FFFD.</summary>
    public static void AppendJsonString(ByteBuffer output, ReadOnlySpan<byte> text)
    {
        using var writer = new Utf8JsonWriter(output, Relaxed);
        writer.WriteStringValue(text);
    }

    private readonly record struct Field(byte[] Name, byte[] Json);
}
