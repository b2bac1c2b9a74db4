using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using LogTailer.Lines;
using LogTailer.Sinks.Http;

namespace LogTailer.Sinks.Otlp;

/// <summary>OTLP/HTTP with JSON bodies (opentelemetry-proto, "OTLP/HTTP Request"): a partial success is final, and only 429, 502, 503 and 504 are worth another attempt.</summary>
internal sealed class OtlpFormat(SinkOptions options) : IWireFormat
{
    private readonly Dictionary<string, string> _resource = options.Labels.Count > 0 ? options.Labels : new() { ["service.name"] = "log-tailer" };

    public string ContentType => "application/json";

    public string DefaultPath => "/v1/logs";

    public bool NeedsText => true;

    public int MaxLines => int.MaxValue;

    public bool IsRetried(int status) => status is 429 or 502 or 503 or 504;

    public void Authorize(HttpRequestHeaders headers, string token) => headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public void Encode(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
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

    /// <summary>A partial success is never sent again: the server would take what it took a second time. How many it refused is said, which ones is not.</summary>
    public Verdict Judge(int status, ReadOnlySpan<byte> answer, ReadOnlySpan<int> lines)
    {
        try
        {
            var reader = new Utf8JsonReader(answer);
            using var document = JsonDocument.ParseValue(ref reader);

            if (document.RootElement.TryGetProperty("partialSuccess", out var partial)
                && partial.TryGetProperty("rejectedLogRecords", out var rejected)
                && RejectedCount(rejected) is > 0 and var count)
            {
                var message = partial.TryGetProperty("errorMessage", out var error) ? error.GetString() : null;
                return Verdict.Accepted with { Rejected = count, Reason = $"The server refused {count} of {lines.Length} lines for good and does not say which: {message}" };
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            // A 2xx is a success, whatever its body.
        }

        return Verdict.Accepted;
    }

    private static long RejectedCount(JsonElement value) => value.ValueKind == JsonValueKind.Number
        ? value.GetInt64()
        : long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    private static void WriteRecord(Utf8JsonWriter json, LineBatch batch, int line)
    {
        var facts = LineFacts.Of(batch[line]);
        var source = batch.Source(line);
        var nanoseconds = ((facts.Timestamp?.UtcDateTime ?? source.Written) - DateTime.UnixEpoch).Ticks * 100;

        json.WriteStartObject();
        json.WriteString("timeUnixNano", nanoseconds.ToString(CultureInfo.InvariantCulture));

        if (facts.Level is { } level)
        {
            json.WriteNumber("severityNumber", SeverityOf(level));
            json.WriteString("severityText", level);
        }

        json.WriteStartObject("body");
        json.WriteString("stringValue", batch[line]);
        json.WriteEndObject();
        json.WriteStartArray("attributes");
        WriteAttribute(json, "log.file.path", source.File.Path);

        if (facts.RequestId is not null)
        {
            WriteAttribute(json, "request_id", facts.RequestId);
        }

        json.WriteEndArray();

        if (IsHex(facts.TraceId, 32))
        {
            json.WriteString("traceId", facts.TraceId);
        }

        if (IsHex(facts.SpanId, 16))
        {
            json.WriteString("spanId", facts.SpanId);
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

    /// <summary>The first number of each range of the log data model's severities.</summary>
    private static int SeverityOf(string level) => level.ToUpperInvariant() switch
    {
        "TRACE" or "VERBOSE" => 1,
        "DEBUG" => 5,
        "INFO" or "INFORMATION" or "NOTICE" => 9,
        "WARN" or "WARNING" => 13,
        "ERROR" or "ERR" => 17,
        "FATAL" or "CRITICAL" or "CRIT" or "ALERT" or "EMERG" => 21,
        _ => 0,
    };

    private static bool IsHex(string? text, int length) => text?.Length == length && text.All(char.IsAsciiHexDigit);
}
