using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Agent.RequestLogging;
using Agent.Requests;

namespace Agent.Tests.RequestLogging;

/// <summary>The formatted line equals the output of <see cref="Utf8JsonWriter"/>.</summary>
public sealed class RequestLineWriterTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 23, 59, 58, 7, TimeSpan.FromHours(2));

    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("a \"quoted\" \\ back")]
    [InlineData("line\nbreak\r\ttab\u0000\u001f\u007f")]
    [InlineData("ümläut 日本 😀 <b>&'+")]
    [InlineData("\u2028\u2029\u00a0\ufeff")]
    [InlineData("half \ud83d of a pair")]
    [InlineData("\ude00")]
    public void Line_is_escaped_exactly_as_by_Utf8JsonWriter(string text)
    {
        var record = new RequestRecord("id-1", "0af7", 0) { Model = text, Prediction = text, Text = text, TextChars = text.Length };

        var line = FormatLine(record, text, 200, TimeSpan.FromMilliseconds(1), includeText: true);

        using var expected = new MemoryStream();
        using (var json = new Utf8JsonWriter(expected, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", "2026-01-31T21:59:58.007Z");
            json.WriteString("level", "info");
            json.WriteString("event", "request");
            json.WriteString("request_id", "id-1");
            json.WriteString("trace_id", "0af7");
            json.WriteString("method", "GET");
            json.WriteString("path", text);
            json.WriteString("status", "success");
            json.WriteNumber("status_code", 200);
            json.WriteNumber("latency_ms", 1);
            json.WriteString("model", text);
            json.WriteString("prediction", text);
            json.WriteNumber("text_chars", text.Length);
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        Assert.Equal(Encoding.UTF8.GetString(expected.ToArray()) + "\n", line);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(4, "0")]
    [InlineData(10, "0.001")]
    [InlineData(2_100, "0.21")]
    [InlineData(99_999, "10")]
    [InlineData(12_345_678, "1234.568")]
    [InlineData(36_000_000_000, "3600000")]
    public void Latency_has_up_to_three_decimals(long ticks, string expected) =>
        Assert.Contains(
            $"\"latency_ms\":{expected}}}", FormatLine(new RequestRecord("r", "t", 0), "/", 200, TimeSpan.FromTicks(ticks)), StringComparison.Ordinal);

    [Theory]
    [InlineData(200, "info", "success")]
    [InlineData(422, "warning", "error")]
    [InlineData(499, "warning", "error")]
    [InlineData(500, "error", "error")]
    public void Level_and_status_follow_from_the_status_code(int statusCode, string level, string status)
    {
        var line = JsonDocument.Parse(FormatLine(new RequestRecord("r", "t", 0), "/", statusCode, TimeSpan.Zero)).RootElement;

        Assert.Equal(level, line.GetProperty("level").GetString());
        Assert.Equal(status, line.GetProperty("status").GetString());
    }

    [Fact]
    public void Line_contains_nothing_of_the_previous_line()
    {
        var record = new RequestRecord("r", "t", 0) { Text = new string('a', 200_000) };
        var first = FormatLine(record, "/", 200, TimeSpan.Zero, includeText: true);
        var second = FormatLine(new RequestRecord("r", "t", 0), "/", 200, TimeSpan.Zero, at: Now.AddMilliseconds(993));

        Assert.Contains(record.Text, first, StringComparison.Ordinal);
        Assert.StartsWith("{\"timestamp\":\"2026-01-31T21:59:59.000Z\",", second, StringComparison.Ordinal);
        Assert.EndsWith("\"latency_ms\":0}\n", second, StringComparison.Ordinal);
    }

    private static string FormatLine(
        RequestRecord record, string path, int statusCode, TimeSpan elapsed, bool includeText = false, DateTimeOffset? at = null) =>
        Encoding.UTF8.GetString(
            RequestLineWriter.OfThisThread.FormatLine(record, at ?? Now, "GET", path, statusCode, elapsed, includeText));
}
