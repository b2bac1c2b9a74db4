using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;

namespace Agent.RequestLogging;

/// <summary>Writes an entry as one line of JSON. Used by one thread, the queue's, so its buffers are used again for every line.</summary>
internal sealed class RequestLineFormatter(bool includeText) : ITextFormatter, IDisposable
{
    /// <summary>Relaxed, since the line is read by programs and people and never pasted into HTML; control characters and quotes are escaped all the same.</summary>
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _bytes = new(512);
    private readonly Utf8JsonWriter _json = new(Stream.Null, WriterOptions);
    private char[] _characters = new char[512];

    public void Format(LogEvent logEvent, TextWriter output)
    {
        _bytes.ResetWrittenCount();
        _json.Reset(_bytes);
        RequestLog.EntryOf(logEvent).WriteTo(_json, includeText);
        _json.Flush();

        var written = _bytes.WrittenSpan;
        if (_characters.Length < written.Length)
        {
            _characters = new char[_bytes.Capacity];
        }

        output.Write(_characters.AsSpan(0, Encoding.UTF8.GetChars(written, _characters)));
        output.Write('\n');
    }

    public void Dispose() => _json.Dispose();
}
