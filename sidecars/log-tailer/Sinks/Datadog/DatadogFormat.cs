using System.Net.Http.Headers;
using System.Text.Json;
using LogTailer.Lines;
using LogTailer.Sinks.Http;

namespace LogTailer.Sinks.Datadog;

/// <summary>The Datadog logs intake: a JSON array of at most 1000 entries.</summary>
internal sealed class DatadogFormat(SinkOptions options) : IWireFormat
{
    private readonly string _tags = string.Join(',', options.Labels.Select(label => $"{label.Key}:{label.Value}"));
    private readonly string _service = options.Labels.GetValueOrDefault("service", "log-tailer");

    public string ContentType => "application/json";

    public string DefaultPath => "/api/v2/logs";

    public bool RequiresText => true;

    public int MaxBatchLines => 1000;

    public void AddAuthorization(HttpRequestHeaders headers, string token)
        => headers.Add("DD-API-KEY", token);

    public void EncodeLines(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartArray();

        foreach (var line in lines)
        {
            json.WriteStartObject();
            json.WriteString("message", batch[line]);
            json.WriteString("ddsource", "log-tailer");
            json.WriteString("service", _service);
            json.WriteString("hostname", Environment.MachineName);

            if (LineFields.ParseLine(batch[line]).Level is { } level)
            {
                json.WriteString("status", level);
            }

            if (_tags.Length > 0)
            {
                json.WriteString("ddtags", _tags);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public SendResult InterpretSuccess(int status, ReadOnlySpan<byte> response, ReadOnlySpan<int> lines) => SendResult.Accepted;
}
