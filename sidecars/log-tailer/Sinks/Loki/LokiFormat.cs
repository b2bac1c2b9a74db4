using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using LogTailer.Lines;
using LogTailer.Sinks.Http;

namespace LogTailer.Sinks.Loki;

/// <summary>Loki's push API: one stream under the configured labels; the request's id goes along as structured metadata, since a label must be bounded.</summary>
internal sealed class LokiFormat(SinkOptions options) : IWireFormat
{
    /// <summary>Loki's default status for a tenant whose ingestion is blocked: a 2xx that takes nothing.</summary>
    private const int Blocked = 260;

    private readonly Dictionary<string, string> _labels = options.Labels.Count > 0 ? options.Labels : new() { ["job"] = "log-tailer" };

    public string ContentType => "application/json";

    public string DefaultPath => "/loki/api/v1/push";

    public bool NeedsText => true;

    public int MaxLines => int.MaxValue;

    public void Authorize(HttpRequestHeaders headers, string token) => headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public void Encode(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
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

    public Verdict Judge(int status, ReadOnlySpan<byte> answer, ReadOnlySpan<int> lines) => status == Blocked
        ? new Verdict(Outcome.Retry, "Loki blocks ingestion for this tenant (260) and took nothing.", "http_260") { Remedy = "See the tenant's limits in Loki (block_ingestion_until), and Sink:Tenant." }
        : Verdict.Accepted;

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
            var facts = LineFacts.Of(batch[line]);
            var nanoseconds = ((facts.Timestamp?.UtcDateTime ?? batch.Source(line).Written) - DateTime.UnixEpoch).Ticks * 100;

            json.WriteStartArray();
            json.WriteStringValue(nanoseconds.ToString(CultureInfo.InvariantCulture));
            json.WriteStringValue(batch[line]);
            WriteMetadata(json, facts);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter json, in LineFacts facts)
    {
        if (facts is { RequestId: null, TraceId: null })
        {
            return;
        }

        json.WriteStartObject();

        if (facts.RequestId is not null)
        {
            json.WriteString("request_id", facts.RequestId);
        }

        if (facts.TraceId is not null)
        {
            json.WriteString("trace_id", facts.TraceId);
        }

        json.WriteEndObject();
    }
}
