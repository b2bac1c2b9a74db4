using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using LogTailer.Lines;
using LogTailer.Sinks.Http;

namespace LogTailer.Sinks.Splunk;

/// <summary>The HTTP event collector of Splunk: concatenated event objects.</summary>
internal sealed class SplunkFormat(SinkOptions options) : IWireFormat
{
    private const int SuccessCode = 0;
    private const int IncorrectIndexCode = 7;
    private const int ServerBusyCode = 9;

    public string ContentType => "application/json";

    public string DefaultPath => "/services/collector/event";

    public bool RequiresText => true;

    public int MaxBatchLines => int.MaxValue;

    public string[] RetryReasons => ["answer", "busy"];

    public void AddAuthorization(HttpRequestHeaders headers, string token)
        => headers.Authorization = new AuthenticationHeaderValue("Splunk", token);

    public void EncodeLines(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
    {
        foreach (var line in lines)
        {
            var fields = LineFields.ParseLine(batch[line]);
            var origin = batch.GetOrigin(line);
            var seconds = ((fields.Timestamp?.UtcDateTime ?? origin.ModifiedAt) - DateTime.UnixEpoch).TotalSeconds;
            using var json = new Utf8JsonWriter(body);
            json.WriteStartObject();
            json.WritePropertyName("time");
            json.WriteRawValue(seconds.ToString("F3", CultureInfo.InvariantCulture), skipInputValidation: true);
            json.WriteString("host", Environment.MachineName);
            json.WriteString("source", origin.File.Path);
            json.WriteString("sourcetype", options.SourceType);

            if (options.Index.Length > 0)
            {
                json.WriteString("index", options.Index);
            }

            json.WritePropertyName("event");

            if (fields.IsObject)
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

    public string? GetConfigurationRemedy(int status, ReadOnlySpan<byte> response)
    {
        try
        {
            return ParseCode(response) == IncorrectIndexCode
                ? "Correct Sink:Index, or allow this token to write to it (Settings, Data inputs, HTTP Event Collector). The lines "
                    + "are kept and retried."
                : null;
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    public SendResult InterpretSuccess(int status, ReadOnlySpan<byte> response, ReadOnlySpan<int> lines)
    {
        try
        {
            var code = ParseCode(response);

            return code switch
            {
                SuccessCode => SendResult.Accepted,
                ServerBusyCode => new SendResult(SendOutcome.Retry, "Splunk is busy (code 9).", "busy"),
                _ => new SendResult(SendOutcome.Rejected, $"Splunk returned code {code}.", "code"),
            };
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return SendResult.InvalidResponse("the Splunk event collector", exception);
        }
    }

    private static int ParseCode(ReadOnlySpan<byte> response)
    {
        var reader = new Utf8JsonReader(response);
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
