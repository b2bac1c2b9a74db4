using System.Buffers;
using System.Text.Json;
using TlsProxy.Clients;
using TlsProxy.Requests;

namespace TlsProxy.AccessLog;

/// <summary>
/// Formats the line of a request. The buffer and the JSON writer are reused, so a line allocates nothing. Each thread needs an
/// instance of its own.
/// </summary>
internal sealed class AccessLogFormatter : IDisposable
{
    /// <summary>Longest line in bytes. Texts from clients are truncated so that the line stays complete.</summary>
    private const int MaximumLineBytes = 8 * 1024;

    /// <summary>Bytes kept free for the fields after a truncated text.</summary>
    private const int ReservedBytes = 2048;

    /// <summary>Bytes that each text may use at least, so that a long text does not displace the ones after it.</summary>
    private const int MinimumTextBytes = 256;

    /// <summary>An escaped character is six bytes long at most.</summary>
    private const int MaximumBytesPerCharacter = 6;

    /// <summary>Characters that the default encoder of <see cref="Utf8JsonWriter"/> does not escape.</summary>
    private static readonly SearchValues<char> UnescapedCharacters = SearchValues.Create(
        " !#$%()*,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~");

    private readonly ArrayBufferWriter<byte> _buffer = new(MaximumLineBytes);
    private readonly Utf8JsonWriter _json;
    private bool _isTruncated;

    public AccessLogFormatter() => _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });

    public void Dispose() => _json.Dispose();

    /// <summary>Formats one line.</summary>
    /// <param name="context">The request.</param>
    /// <param name="state">Its state.</param>
    /// <param name="timestamp">The time of the line, from <see cref="TimestampFormatter"/>.</param>
    /// <param name="upstreamTime">Time until the headers of the application's response; null when the request was not forwarded.</param>
    /// <param name="elapsed">Total time.</param>
    /// <returns>The line with its line feed, valid until the next call.</returns>
    public ReadOnlySpan<byte> FormatLine(
        HttpContext context, RequestState state, ReadOnlySpan<byte> timestamp, TimeSpan? upstreamTime, TimeSpan elapsed)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _isTruncated = false;
        var status = context.Response.StatusCode;
        var isError = state.Error is not null || status >= StatusCodes.Status500InternalServerError;

        _json.WriteStartObject();
        _json.WriteString(AccessLogFields.Timestamp, timestamp);
        _json.WriteString(AccessLogFields.Level, isError ? AccessLogFields.Warning : AccessLogFields.Info);
        _json.WriteString(AccessLogFields.Event, AccessLogFields.Request);
        WriteText(AccessLogFields.RequestId, state.RequestId);
        if (state.TraceId is { } traceId)
        {
            WriteText(AccessLogFields.TraceId, traceId);
        }

        WriteClient(state.Client);
        WriteRequest(context.Request);
        _json.WriteString(AccessLogFields.Status, isError ? AccessLogFields.Error : AccessLogFields.Success);
        _json.WriteNumber(AccessLogFields.StatusCode, status);
        _json.WriteNumber(AccessLogFields.Bytes, state.BytesSent);
        if (upstreamTime is { } upstream)
        {
            WriteMilliseconds(AccessLogFields.UpstreamMilliseconds, upstream);
        }

        WriteMilliseconds(AccessLogFields.LatencyMilliseconds, elapsed);
        WriteOptionalFields(state);
        if (_isTruncated)
        {
            _json.WriteBoolean(AccessLogFields.Truncated, true);
        }

        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
        return _buffer.WrittenSpan;
    }

    private void WriteClient(ClientConnection client)
    {
        _json.WriteString(AccessLogFields.Client, client.LoggedAddress);
        if (client.LoggedTls is { } tls)
        {
            _json.WriteString(AccessLogFields.TlsVersion, tls.Version);
            _json.WriteString(AccessLogFields.TlsCipher, tls.Cipher);
            _json.WriteString(AccessLogFields.ServerName, tls.ServerName);
            if (tls.ClientSubject is { } subject)
            {
                _json.WriteString(AccessLogFields.ClientSubject, subject);
            }
        }
    }

    private void WriteRequest(HttpRequest request)
    {
        WriteText(AccessLogFields.Protocol, request.Protocol);
        WriteText(AccessLogFields.Method, request.Method);
        WriteText(AccessLogFields.Host, request.Host.Value ?? "");
        WriteText(AccessLogFields.Path, request.Path.Value ?? "");
    }

    private void WriteOptionalFields(RequestState state)
    {
        if (state.Identity is { } identity)
        {
            WriteText(AccessLogFields.Identity, identity);
        }

        if (state.Cluster is { } cluster)
        {
            WriteText(AccessLogFields.Cluster, cluster);
        }

        if (state.Attempts > 1)
        {
            _json.WriteNumber(AccessLogFields.Attempts, state.Attempts);
        }

        if (state.Error is { } error)
        {
            WriteText(AccessLogFields.Error, error);
        }
    }

    private void WriteText(JsonEncodedText name, string text)
    {
        var available = MaximumLineBytes - ReservedBytes - (int)_json.BytesCommitted - _json.BytesPending;
        if (text.Length * MaximumBytesPerCharacter <= available)
        {
            _json.WriteString(name, text);
        }
        else
        {
            WriteTruncated(name, text, Math.Max(MinimumTextBytes, available));
        }
    }

    /// <summary>Writes the longest beginning of a text that fits.</summary>
    private void WriteTruncated(JsonEncodedText name, string text, int available)
    {
        var length = 0;
        while (length < text.Length)
        {
            available -= UnescapedCharacters.Contains(text[length]) ? 1 : MaximumBytesPerCharacter;
            if (available < 0)
            {
                _isTruncated = true;
                break;
            }

            length++;
        }

        _json.WriteString(name, text.AsSpan(0, length));
    }

    /// <summary>Milliseconds with three decimal places, formatted from whole microseconds, which is faster than from a fraction.</summary>
    private void WriteMilliseconds(JsonEncodedText name, TimeSpan time)
    {
        const int decimals = 4;
        var microseconds = Math.Max(0, (time.Ticks + (TimeSpan.TicksPerMicrosecond / 2)) / TimeSpan.TicksPerMicrosecond);
        Span<byte> text = stackalloc byte[32];
        _ = (microseconds / 1000).TryFormat(text, out var length);
        text[length] = (byte)'.';
        TimestampFormatter.WriteThreeDigits(text[(length + 1)..], (int)(microseconds % 1000));
        _json.WritePropertyName(name);
        _json.WriteRawValue(text[..(length + decimals)], skipInputValidation: true);
    }
}
