using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using LogTailer.Lines;
using LogTailer.Sinks.Http;

namespace LogTailer.Sinks.Otlp;

/// <summary>
/// OTLP/HTTP with JSON bodies (opentelemetry-proto, "OTLP/HTTP Request"): a partial success is final, and only 429, 502, 503 and 504 are
/// retried.
/// </summary>
internal sealed class OtlpFormat(SinkOptions options) : IWireFormat
{
    private readonly Dictionary<string, string> _resource = options.Labels.Count > 0
        ? options.Labels
        : new() { ["service.name"] = "log-tailer" };

    public string ContentType => "application/json";

    public string DefaultPath => "/v1/logs";

    public bool RequiresText => true;

    public int MaxBatchLines => int.MaxValue;

    public bool IsRetryableStatus(int status) => status is 429 or 502 or 503 or 504;

    public void AddAuthorization(HttpRequestHeaders headers, string token)
        => headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public void EncodeLines(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteStartArray("resourceLogs");

        if (lines.Length > 0)
        {
            json.WriteStartObject();
            json.WriteStartObject("resource");
            json.WriteStartArray("attributes");

            foreach (var (name, value) in _resource)
            {
                WriteAttribute(json, name, value);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("scopeLogs");
            json.WriteStartObject();
            json.WriteStartArray("logRecords");

            foreach (var line in lines)
            {
                WriteRecord(json, batch, line);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>
    /// A partial success is never retried, because the accepted lines would be stored twice. The server reports only the number of
    /// rejected lines.
    /// </summary>
    public SendResult InterpretSuccess(int status, ReadOnlySpan<byte> response, ReadOnlySpan<int> lines)
    {
        try
        {
            var reader = new Utf8JsonReader(response);
            using var document = JsonDocument.ParseValue(ref reader);

            if (document.RootElement.TryGetProperty("partialSuccess", out var partial)
                && partial.TryGetProperty("rejectedLogRecords", out var rejected)
                && ParseRejectedCount(rejected) is > 0 and var count)
            {
                var message = partial.TryGetProperty("errorMessage", out var error) ? error.GetString() : null;
                return SendResult.Accepted with
                {
                    UnidentifiedRejections = count,
                    Reason = $"The server permanently rejected {count} of {lines.Length} lines without identifying them: {message}",
                };
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            // A 2xx response is a success even if its body is invalid.
        }

        return SendResult.Accepted;
    }

    private static long ParseRejectedCount(JsonElement value) => value.ValueKind == JsonValueKind.Number
        ? value.GetInt64()
        : long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    private static void WriteRecord(Utf8JsonWriter json, LineBatch batch, int line)
    {
        var fields = LineFields.ParseLine(batch[line]);
        var origin = batch.GetOrigin(line);
        var nanoseconds = ((fields.Timestamp?.UtcDateTime ?? origin.ModifiedAt) - DateTime.UnixEpoch).Ticks * 100;

        json.WriteStartObject();
        json.WriteString("timeUnixNano", nanoseconds.ToString(CultureInfo.InvariantCulture));

        if (fields.Level is { } level)
        {
            json.WriteNumber("severityNumber", MapSeverity(level));
            json.WriteString("severityText", level);
        }

        json.WriteStartObject("body");
        json.WriteString("stringValue", batch[line]);
        json.WriteEndObject();
        json.WriteStartArray("attributes");
        WriteAttribute(json, "log.file.path", origin.File.Path);

        if (fields.RequestId is not null)
        {
            WriteAttribute(json, "request_id", fields.RequestId);
        }

        json.WriteEndArray();

        if (IsHexId(fields.TraceId, 32))
        {
            json.WriteString("traceId", fields.TraceId);
        }

        if (IsHexId(fields.SpanId, 16))
        {
            json.WriteString("spanId", fields.SpanId);
        }

        json.WriteEndObject();
    }

    private static void WriteAttribute(Utf8JsonWriter json, string name, string value)
    {
        json.WriteStartObject();
        json.WriteString("key", name);
        json.WriteStartObject("value");
        json.WriteString("stringValue", value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The lowest number of each severity range of the OpenTelemetry log data model.</summary>
    private static int MapSeverity(string level) => level.ToUpperInvariant() switch
    {
        "TRACE" or "VERBOSE" => 1,
        "DEBUG" => 5,
        "INFO" or "INFORMATION" or "NOTICE" => 9,
        "WARN" or "WARNING" => 13,
        "ERROR" or "ERR" => 17,
        "FATAL" or "CRITICAL" or "CRIT" or "ALERT" or "EMERG" => 21,
        _ => 0,
    };

    private static bool IsHexId(string? text, int length) => text?.Length == length && text.All(char.IsAsciiHexDigit);
}
