using System.Globalization;
using System.Text.Json;
using Agent.Requests;

namespace Agent.RequestLogging;

/// <summary>One line of the request log, as docs/agent.md describes it.</summary>
internal sealed record RequestLogEntry(
    DateTimeOffset Timestamp, RequestRecord Record, string Method, string Path, int StatusCode, double LatencyMilliseconds)
{
    public void WriteTo(Utf8JsonWriter json, bool includeText)
    {
        var success = Record.Succeeded(StatusCode);
        Span<char> timestamp = stackalloc char[24];
        Timestamp.UtcDateTime.TryFormat(timestamp, out _, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

        json.WriteStartObject();
        json.WriteString("timestamp", timestamp);
        json.WriteString("level", success ? "info" : StatusCode is >= 400 and < 500 ? "warning" : "error");
        json.WriteString("event", Record.Event);
        json.WriteString("request_id", Record.RequestId);
        json.WriteString("trace_id", Record.TraceId);
        json.WriteString("method", Method);
        json.WriteString("path", Path);
        json.WriteString("status", success ? "success" : "error");
        json.WriteNumber("status_code", StatusCode);
        json.WriteNumber("latency_ms", LatencyMilliseconds);
        if (Record.Model is { } model)
        {
            json.WriteString("model", model);
        }

        if (Record.Prediction is { } prediction)
        {
            json.WriteString("prediction", prediction);
        }

        if (Record.TextChars is { } characters)
        {
            json.WriteNumber("text_chars", characters);
        }

        if (includeText && Record.Text is { } text)
        {
            json.WriteString("text", text);
        }

        json.WriteEndObject();
    }
}
