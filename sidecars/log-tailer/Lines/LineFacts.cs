using System.Globalization;
using System.Text.Json;

namespace LogTailer.Lines;

/// <summary>What a log store wants to know of a line beside its text, as far as it is JSON and says so.</summary>
internal readonly record struct LineFacts(
    bool IsObject, bool IsEmptyObject, DateTimeOffset? Timestamp, string? Level, string? RequestId, string? TraceId, string? SpanId, bool HasElasticTimestamp)
{
    public static LineFacts Of(ReadOnlySpan<byte> line)
    {
        if (line is not [(byte)'{', .., (byte)'}'])
        {
            return default;
        }

        try
        {
            return Read(line);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return default;
        }
    }

    private static LineFacts Read(ReadOnlySpan<byte> line)
    {
        var facts = new LineFacts { IsObject = true, IsEmptyObject = true };
        var reader = new Utf8JsonReader(line);
        reader.Read();

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            facts = facts with { IsEmptyObject = false };

            if (reader.ValueTextEquals("timestamp"u8) || reader.ValueTextEquals("time"u8) || reader.ValueTextEquals("ts"u8))
            {
                facts = facts with { Timestamp = TimeOf(ref reader) ?? facts.Timestamp };
            }
            else if (reader.ValueTextEquals("@timestamp"u8))
            {
                facts = facts with { HasElasticTimestamp = true, Timestamp = TimeOf(ref reader) ?? facts.Timestamp };
            }
            else if (reader.ValueTextEquals("level"u8) || reader.ValueTextEquals("severity"u8))
            {
                facts = facts with { Level = TextOf(ref reader) };
            }
            else if (reader.ValueTextEquals("request_id"u8))
            {
                facts = facts with { RequestId = TextOf(ref reader) };
            }
            else if (reader.ValueTextEquals("trace_id"u8))
            {
                facts = facts with { TraceId = TextOf(ref reader) };
            }
            else if (reader.ValueTextEquals("span_id"u8))
            {
                facts = facts with { SpanId = TextOf(ref reader) };
            }
            else
            {
                reader.Skip();
            }
        }

        // What follows the object would not be part of it.
        return reader.Read() ? default : facts;
    }

    private static string? TextOf(ref Utf8JsonReader reader)
    {
        reader.Read();

        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }

    private static DateTimeOffset? TimeOf(ref Utf8JsonReader reader)
        => TextOf(ref reader) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
