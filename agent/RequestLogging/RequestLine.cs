using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Agent.Requests;

namespace Agent.RequestLogging;

/// <summary>
/// One line of the request log, as docs/agent.md describes it, in the bytes that go into the file. Written by hand and on the
/// request's own thread: this costs less than to keep what it is made of until another thread writes it.
/// </summary>
internal sealed class RequestLine
{
    /// <summary>A buffer that a long text has made larger is not kept.</summary>
    private const int MaxKeptBytes = 64 * 1024;

    private const int SecondLength = 19;

    /// <summary>Relaxed, since the line is read by programs and people and never pasted into HTML; control characters and quotes are escaped all the same.</summary>
    private static readonly JavaScriptEncoder Escaping = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    [ThreadStatic]
    private static RequestLine? _ofThisThread;

    private readonly byte[] _second = new byte[SecondLength];
    private long _secondNow = -1;
    private byte[] _bytes = new byte[1024];
    private int _length;

    /// <summary>The calling thread's own, used again for each of its lines.</summary>
    public static RequestLine OfThisThread => _ofThisThread ??= new RequestLine();

    /// <returns>The line with its end; good until the thread formats its next one.</returns>
    public ReadOnlySpan<byte> Format(
        RequestRecord record, DateTimeOffset timestamp, string method, string path, int statusCode, TimeSpan elapsed, bool includeText)
    {
        _length = 0;
        if (_bytes.Length > MaxKeptBytes)
        {
            _bytes = new byte[1024];
        }

        var success = record.Succeeded(statusCode);
        Raw("{\"timestamp\":\""u8);
        Timestamp(timestamp);
        Raw("\",\"level\":\""u8);
        Raw(success ? "info"u8 : statusCode is >= 400 and < 500 ? "warning"u8 : "error"u8);
        Raw("\",\"event\":\""u8);
        Plain(record.Event);
        Raw("\",\"request_id\":\""u8);
        Plain(record.RequestId);
        Raw("\",\"trace_id\":\""u8);
        Plain(record.TraceId);
        Raw("\",\"method\":\""u8);
        Text(method);
        Raw("\",\"path\":\""u8);
        Text(path);
        Raw("\",\"status\":\""u8);
        Raw(success ? "success"u8 : "error"u8);
        Raw("\",\"status_code\":"u8);
        Number(statusCode);
        Raw(",\"latency_ms\":"u8);
        Milliseconds(elapsed);
        if (record.Model is { } model)
        {
            Raw(",\"model\":\""u8);
            Text(model);
            Raw("\""u8);
        }

        if (record.Prediction is { } prediction)
        {
            Raw(",\"prediction\":\""u8);
            Text(prediction);
            Raw("\""u8);
        }

        if (record.TextChars is { } characters)
        {
            Raw(",\"text_chars\":"u8);
            Number(characters);
        }

        if (includeText && record.Text is { } text)
        {
            Raw(",\"text\":\""u8);
            Text(text);
            Raw("\""u8);
        }

        Raw("}\n"u8);
        return _bytes.AsSpan(0, _length);
    }

    private void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>For what is letters, digits and little else: there is nothing to escape.</summary>
    private void Plain(string value) => _length += Encoding.ASCII.GetBytes(value, Room(value.Length));

    private void Text(string value)
    {
        var escaped = Escaping.Encode(value);
        _length += Encoding.UTF8.GetBytes(escaped, Room(Encoding.UTF8.GetMaxByteCount(escaped.Length)));
    }

    private void Number(long value)
    {
        Utf8Formatter.TryFormat(value, Room(20), out var written);
        _length += written;
    }

    /// <summary>With up to three decimals, as JSON has it: no zeros at the end.</summary>
    private void Milliseconds(TimeSpan elapsed)
    {
        var (whole, thousandths) = Math.DivRem((elapsed.Ticks + (TimeSpan.TicksPerMicrosecond / 2)) / TimeSpan.TicksPerMicrosecond, 1000);
        Number(whole);
        if (thousandths > 0)
        {
            var digits = Room(4);
            digits[0] = (byte)'.';
            Digits(digits.Slice(1, 3), (int)thousandths);
            _length += thousandths % 100 == 0 ? 2 : thousandths % 10 == 0 ? 3 : 4;
        }
    }

    /// <summary>As <c>2026-01-31T12:00:00.123Z</c>. All but its last digits are those of the line before for a whole second.</summary>
    private void Timestamp(DateTimeOffset timestamp)
    {
        var (second, rest) = Math.DivRem(timestamp.UtcTicks, TimeSpan.TicksPerSecond);
        if (second != _secondNow)
        {
            timestamp.UtcDateTime.TryFormat(_second, out _, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
            _secondNow = second;
        }

        Raw(_second);
        var end = Room(5);
        end[0] = (byte)'.';
        Digits(end.Slice(1, 3), (int)(rest / TimeSpan.TicksPerMillisecond));
        end[4] = (byte)'Z';
        _length += 5;
    }

    private static void Digits(Span<byte> digits, int value)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            (value, var digit) = Math.DivRem(value, 10);
            digits[i] = (byte)('0' + digit);
        }
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - _length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
        }

        return _bytes.AsSpan(_length);
    }
}
