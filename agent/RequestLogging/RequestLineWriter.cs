using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Agent.Requests;

namespace Agent.RequestLogging;

/// <summary>Formats one line of the request log as UTF-8, as described in docs/agent.md.</summary>
/// <remarks>
/// It runs on the request's thread. If the queue's single reader formatted the lines, it would fall behind when the CPU is
/// overloaded, and lines would be dropped although the file is fine. A hand-written formatter, because one line per request makes
/// this part of every request's latency.
/// </remarks>
internal sealed class RequestLineWriter
{
    private const int InitialBytes = 1024;

    /// <summary>A larger buffer, grown by a long text, is not kept for the next line.</summary>
    private const int MaxRetainedBytes = 64 * 1024;

    private const int SecondLength = 19;

    /// <summary>Relaxed, because nothing embeds the line in HTML. Quotes and control characters are still escaped.</summary>
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    [ThreadStatic]
    private static RequestLineWriter? _ofThisThread;

    private readonly byte[] _second = new byte[SecondLength];
    private long _formattedSecond = -1;
    private byte[] _buffer = new byte[InitialBytes];
    private int _length;

    /// <summary>The calling thread's instance, reused for all its lines.</summary>
    public static RequestLineWriter OfThisThread => _ofThisThread ??= new RequestLineWriter();

    /// <param name="record">The request's facts.</param>
    /// <param name="timestamp">The time of its completion.</param>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path without the query, which may contain secrets.</param>
    /// <param name="statusCode">The status code that was sent; 499 if the client disconnected.</param>
    /// <param name="elapsed">Time from the request's arrival.</param>
    /// <param name="includeText">Whether the line contains the request's text.</param>
    /// <returns>The line with its newline, valid until the next call on this thread.</returns>
    public ReadOnlySpan<byte> FormatLine(
        RequestRecord record, DateTimeOffset timestamp, string method, string path, int statusCode, TimeSpan elapsed, bool includeText)
    {
        _length = 0;
        if (_buffer.Length > MaxRetainedBytes)
        {
            _buffer = new byte[InitialBytes];
        }

        var success = record.HasSucceeded(statusCode);
        AppendBytes("{\"timestamp\":\""u8);
        AppendTimestamp(timestamp);
        AppendBytes("\",\"level\":\""u8);
        AppendBytes(success ? "info"u8 : statusCode is >= 400 and < 500 ? "warning"u8 : "error"u8);
        AppendBytes("\",\"event\":\""u8);
        AppendAscii(record.Event);
        AppendBytes("\",\"request_id\":\""u8);
        AppendAscii(record.RequestId);
        AppendBytes("\",\"trace_id\":\""u8);
        AppendAscii(record.TraceId);
        AppendBytes("\",\"method\":\""u8);
        AppendEscaped(method);
        AppendBytes("\",\"path\":\""u8);
        AppendEscaped(path);
        AppendBytes("\",\"status\":\""u8);
        AppendBytes(success ? "success"u8 : "error"u8);
        AppendBytes("\",\"status_code\":"u8);
        AppendNumber(statusCode);
        AppendBytes(",\"latency_ms\":"u8);
        AppendMilliseconds(elapsed);
        AppendOptionalText(",\"model\":\""u8, record.Model);
        AppendOptionalText(",\"prediction\":\""u8, record.Prediction);
        if (record.TextChars is { } characters)
        {
            AppendBytes(",\"text_chars\":"u8);
            AppendNumber(characters);
        }

        AppendOptionalText(",\"text\":\""u8, includeText ? record.Text : null);
        AppendBytes("}\n"u8);
        return _buffer.AsSpan(0, _length);
    }

    private static void FormatDigits(Span<byte> digits, int value)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            (value, var digit) = Math.DivRem(value, 10);
            digits[i] = (byte)('0' + digit);
        }
    }

    private void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(ReserveBytes(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>For values that contain nothing to escape.</summary>
    private void AppendAscii(string value) => _length += Encoding.ASCII.GetBytes(value, ReserveBytes(value.Length));

    private void AppendEscaped(string value)
    {
        var escaped = Encoder.Encode(value);
        _length += Encoding.UTF8.GetBytes(escaped, ReserveBytes(Encoding.UTF8.GetMaxByteCount(escaped.Length)));
    }

    /// <param name="start">The field up to its value.</param>
    /// <param name="value">The value; null omits the field.</param>
    private void AppendOptionalText(ReadOnlySpan<byte> start, string? value)
    {
        if (value is not null)
        {
            AppendBytes(start);
            AppendEscaped(value);
            AppendBytes("\""u8);
        }
    }

    private void AppendNumber(long value)
    {
        Utf8Formatter.TryFormat(value, ReserveBytes(20), out var written);
        _length += written;
    }

    /// <summary>Appends up to three decimals without trailing zeros, as JSON numbers are usually written.</summary>
    private void AppendMilliseconds(TimeSpan elapsed)
    {
        var microseconds = (elapsed.Ticks + (TimeSpan.TicksPerMicrosecond / 2)) / TimeSpan.TicksPerMicrosecond;
        var (milliseconds, thousandths) = Math.DivRem(microseconds, 1000);
        AppendNumber(milliseconds);
        if (thousandths > 0)
        {
            var decimals = ReserveBytes(4);
            decimals[0] = (byte)'.';
            FormatDigits(decimals.Slice(1, 3), (int)thousandths);
            _length += thousandths % 100 == 0 ? 2 : thousandths % 10 == 0 ? 3 : 4;
        }
    }

    /// <summary>Appends a timestamp such as <c>2026-01-31T12:00:00.123Z</c>. The part up to the second is reused for a second.</summary>
    private void AppendTimestamp(DateTimeOffset timestamp)
    {
        var (second, rest) = Math.DivRem(timestamp.UtcTicks, TimeSpan.TicksPerSecond);
        if (second != _formattedSecond)
        {
            timestamp.UtcDateTime.TryFormat(_second, out _, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
            _formattedSecond = second;
        }

        AppendBytes(_second);
        var fraction = ReserveBytes(5);
        fraction[0] = (byte)'.';
        FormatDigits(fraction.Slice(1, 3), (int)(rest / TimeSpan.TicksPerMillisecond));
        fraction[4] = (byte)'Z';
        _length += 5;
    }

    private Span<byte> ReserveBytes(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
        }

        return _buffer.AsSpan(_length);
    }
}
