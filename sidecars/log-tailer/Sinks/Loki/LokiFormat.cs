using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using LogTailer.Lines;
using LogTailer.Sinks.Http;

namespace LogTailer.Sinks.Loki;

/// <summary>
/// The Loki push API: one stream with the configured labels. Request and trace ids are structured metadata, because a label should
/// have few values.
/// </summary>
internal sealed class LokiFormat(SinkOptions options) : IWireFormat
{
    /// <summary>The default status of Loki for a tenant whose ingestion is blocked: no line was accepted although it is a 2xx.</summary>
    private const int IngestionBlocked = 260;

    private readonly Dictionary<string, string> _labels = options.Labels.Count > 0 ? options.Labels : new() { ["job"] = "log-tailer" };

    public string ContentType => "application/json";

    public string DefaultPath => "/loki/api/v1/push";

    public bool RequiresText => true;

    public int MaxBatchLines => int.MaxValue;

    public string[] RetryReasons => ["http_260"];

    public void AddAuthorization(HttpRequestHeaders headers, string token)
        => headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public void EncodeLines(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteStartArray("streams");

        if (lines.Length > 0)
        {
            WriteStream(json, batch, lines);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public SendResult InterpretSuccess(int status, ReadOnlySpan<byte> response, ReadOnlySpan<int> lines) => status == IngestionBlocked
        ? new SendResult(SendOutcome.Retry, "Loki blocks ingestion for this tenant (260); no line was accepted.", "http_260")
        {
            Remedy = "Check the limits of the tenant in Loki (block_ingestion_until), and Sink:Tenant.",
        }
        : SendResult.Accepted;

    private void WriteStream(Utf8JsonWriter json, LineBatch batch, ReadOnlySpan<int> lines)
    {
        json.WriteStartObject();
        json.WriteStartObject("stream");

        foreach (var (label, value) in _labels)
        {
            json.WriteString(label, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("values");

        foreach (var line in lines)
        {
            var fields = LineFields.ParseLine(batch[line]);
            var nanoseconds = ((fields.Timestamp?.UtcDateTime ?? batch.GetOrigin(line).ModifiedAt) - DateTime.UnixEpoch).Ticks * 100;

            json.WriteStartArray();
            json.WriteStringValue(nanoseconds.ToString(CultureInfo.InvariantCulture));
            json.WriteStringValue(batch[line]);
            WriteMetadata(json, fields);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter json, in LineFields fields)
    {
        if (fields is { RequestId: null, TraceId: null })
        {
            return;
        }

        json.WriteStartObject();

        if (fields.RequestId is not null)
        {
            json.WriteString("request_id", fields.RequestId);
        }

        if (fields.TraceId is not null)
        {
            json.WriteString("trace_id", fields.TraceId);
        }

        json.WriteEndObject();
    }
}
