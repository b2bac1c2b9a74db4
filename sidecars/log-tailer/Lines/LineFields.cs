using System.Globalization;
using System.Text.Json;

namespace LogTailer.Lines;

/// <summary>The fields of a JSON line that log stores index; empty for any other line.</summary>
internal readonly record struct LineFields(
    bool IsObject,
    bool IsEmptyObject,
    DateTimeOffset? Timestamp,
    string? Level,
    string? RequestId,
    string? TraceId,
    string? SpanId,
    bool HasElasticTimestamp)
{
    public static LineFields ParseLine(ReadOnlySpan<byte> line)
    {
        if (line is not [(byte)'{', .., (byte)'}'])
        {
            return default;
        }

        try
        {
            return ReadObject(line);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return default;
        }
    }

    private static LineFields ReadObject(ReadOnlySpan<byte> line)
    {
        var fields = new LineFields { IsObject = true, IsEmptyObject = true };
        var reader = new Utf8JsonReader(line);
        reader.Read();

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            fields = fields with { IsEmptyObject = false };

            if (reader.ValueTextEquals("timestamp"u8) || reader.ValueTextEquals("time"u8) || reader.ValueTextEquals("ts"u8))
            {
                fields = fields with { Timestamp = ReadTimestamp(ref reader) ?? fields.Timestamp };
            }
            else if (reader.ValueTextEquals("@timestamp"u8))
            {
                fields = fields with { HasElasticTimestamp = true, Timestamp = ReadTimestamp(ref reader) ?? fields.Timestamp };
            }
            else if (reader.ValueTextEquals("level"u8) || reader.ValueTextEquals("severity"u8))
            {
                fields = fields with { Level = ReadText(ref reader) };
            }
            else if (reader.ValueTextEquals("request_id"u8))
            {
                fields = fields with { RequestId = ReadText(ref reader) };
            }
            else if (reader.ValueTextEquals("trace_id"u8))
            {
                fields = fields with { TraceId = ReadText(ref reader) };
            }
            else if (reader.ValueTextEquals("span_id"u8))
            {
                fields = fields with { SpanId = ReadText(ref reader) };
            }
            else
            {
                reader.Skip();
            }
        }

        // Text after the object means that the line is not a JSON object.
        return reader.Read() ? default : fields;
    }

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();

        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }

    private static DateTimeOffset? ReadTimestamp(ref Utf8JsonReader reader)
        => ReadText(ref reader) is { } text
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
}
