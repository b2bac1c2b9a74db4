using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using LogTailer.Lines;
using LogTailer.Sinks.Http;

namespace LogTailer.Sinks.Splunk;

/// <summary>Splunk's HTTP event collector: event objects one behind the other.</summary>
internal sealed class SplunkFormat(SinkOptions options) : IWireFormat
{
    private const int Success = 0;
    private const int IncorrectIndex = 7;
    private const int Busy = 9;

    public string ContentType => "application/json";

    public string DefaultPath => "/services/collector/event";

    public bool NeedsText => true;

    public int MaxLines => int.MaxValue;

    public void Authorize(HttpRequestHeaders headers, string token) => headers.Authorization = new AuthenticationHeaderValue("Splunk", token);

    public void Encode(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
    {
        foreach (var line in lines)
        {
            var facts = LineFacts.Of(batch[line]);
            var source = batch.Source(line);
            var seconds = ((facts.Timestamp?.UtcDateTime ?? source.Written) - DateTime.UnixEpoch).TotalSeconds;
            using var json = new Utf8JsonWriter(body);
            json.WriteStartObject();
            json.WritePropertyName("time");
            json.WriteRawValue(seconds.ToString("F3", CultureInfo.InvariantCulture), skipInputValidation: true);
            json.WriteString("host", Environment.MachineName);
            json.WriteString("source", source.File.Path);
            json.WriteString("sourcetype", options.SourceType);

            if (options.Index.Length > 0)
            {
                json.WriteString("index", options.Index);
            }

            json.WritePropertyName("event");

            if (facts.IsObject)
            {
                json.WriteRawValue(batch[line], skipInputValidation: true);
            }
            else
            {
                json.WriteStringValue(batch[line]);
            }

            WriteFields(json);
            json.WriteEndObject();
        }
    }

    public string? RemedyOf(int status, ReadOnlySpan<byte> answer)
    {
        try
        {
            return CodeOf(answer) == IncorrectIndex ? "Correct Sink:Index, or allow this token to write to it (Settings, Data inputs, HTTP Event Collector). The lines are kept and sent again." : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    public Verdict Judge(int status, ReadOnlySpan<byte> answer, ReadOnlySpan<int> lines)
    {
        try
        {
            var code = CodeOf(answer);

            return code switch
            {
                Success => Verdict.Accepted,
                Busy => new Verdict(Outcome.Retry, "Splunk is busy (code 9).", "busy"),
                _ => new Verdict(Outcome.Refused, $"Splunk answers code {code}.", "code"),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return new Verdict(Outcome.Retry, $"The answer is not that of Splunk's event collector: {exception.Message}", "answer") { Remedy = "See what answers at Sink:Url: perhaps a proxy." };
        }
    }

    private static int CodeOf(ReadOnlySpan<byte> answer)
    {
        var reader = new Utf8JsonReader(answer);
        using var document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.GetProperty("code").GetInt32();
    }

    private void WriteFields(Utf8JsonWriter json)
    {
        if (options.Labels.Count == 0)
        {
            return;
        }

        json.WriteStartObject("fields");

        foreach (var (name, value) in options.Labels)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }
}
