using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using TlsProxy.Requests;

namespace TlsProxy.AccessLog;

/// <summary>
/// One JSON line a request on stdout. A request only copies its line into a buffer of bounded size; a thread of its own
/// writes what has gathered there, so a reader of stdout that stops costs lines, which are counted, and never a request.
/// </summary>
internal sealed class AccessLogWriter : IHostedService, IDisposable
{
    private const int LineBytes = 8 * 1024;
    private const int KeptBytes = 256 * 1024;
    private const int GatherMilliseconds = 10;

    /// <summary>So many are worth a write of their own: waiting for more would only need larger buffers.</summary>
    private const int EnoughBytes = 64 * 1024;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !#$%()*,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~");

    [ThreadStatic]
    private static byte[]? _line;

    private readonly Lock _lock = new();

    /// <summary>A line waits. Without spinning, as it would a hundred times a second.</summary>
    private readonly ManualResetEventSlim _filled = new(initialState: false, spinCount: 0);

    /// <summary>No more lines are to be waited for: there are enough, or none will come.</summary>
    private readonly ManualResetEventSlim _enough = new(initialState: false, spinCount: 0);
    private readonly int _capacity;
    private readonly ProxyMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly bool _enabled;
    private readonly Stream _output;
    private readonly object _outputLock;

    private RenderedSecond? _second;
    private byte[] _gathering;
    private byte[] _spare;
    private int _used;
    private bool _ended;
    private Task _writing = Task.CompletedTask;

    public AccessLogWriter(TlsProxyOptions options, ProxyMetrics metrics, TimeProvider time)
        : this(options.AccessLog, metrics, time, Console.OpenStandardOutput(), Console.Out)
    {
    }

    /// <param name="options">Whether, and how much may wait.</param>
    /// <param name="metrics">Counts what is dropped.</param>
    /// <param name="time">Stamps the lines.</param>
    /// <param name="output">Where lines go.</param>
    /// <param name="outputLock">Held during a write: diagnostics go to stdout too, and no line may break another.</param>
    internal AccessLogWriter(TlsProxyOptions.AccessLogOptions options, ProxyMetrics metrics, TimeProvider time, Stream output, object outputLock)
    {
        (_metrics, _time, _output, _outputLock) = (metrics, time, output, outputLock);
        _enabled = options.Enabled;
        _capacity = options.QueueBytes;
        _gathering = [];
        _spare = [];
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_enabled)
        {
            // A thread, since a pipe that is full holds whoever writes to it.
            _writing = Task.Factory.StartNew(WriteUntilEnded, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _ended = true;
            _filled.Set();
            _enough.Set();
        }

        try
        {
            await _writing.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Nobody reads stdout; the grace is over.
        }
    }

    public void Dispose()
    {
        _filled.Dispose();
        _enough.Dispose();
    }

    public void Write(HttpContext context, Exchange exchange, TimeSpan elapsed)
    {
        if (!_enabled)
        {
            return;
        }

        var line = new LineBuffer(_line ??= new byte[LineBytes]);
        Format(ref line, context, exchange, elapsed);
        if (!TryAppend(line.Written))
        {
            _metrics.AccessLogDropped(1);
        }
    }

    private void Format(ref LineBuffer line, HttpContext context, Exchange exchange, TimeSpan elapsed)
    {
        var request = context.Request;
        var status = context.Response.StatusCode;
        var isError = exchange.Error is not null || status >= StatusCodes.Status500InternalServerError;

        line.Append("{\"timestamp\":\""u8);
        var now = _time.GetUtcNow();
        var second = now.Ticks / TimeSpan.TicksPerSecond;
        if (_second is not { } rendered || rendered.Number != second)
        {
            // Rendered once a second; a race only does it twice.
            _second = rendered = new RenderedSecond(second, Encoding.ASCII.GetBytes(now.ToString("yyyy-MM-dd'T'HH:mm:ss.", CultureInfo.InvariantCulture)));
        }

        line.Append(rendered.Text);
        line.AppendThreeDigits(now.Millisecond);
        line.Append("Z"u8);
        line.Append(isError ? "\",\"level\":\"warning\",\"event\":\"request\",\"request_id\":\""u8 : "\",\"level\":\"info\",\"event\":\"request\",\"request_id\":\""u8);
        line.Append(exchange.RequestId);
        if (exchange.TraceId is { } traceId)
        {
            line.Append("\",\"trace_id\":\""u8);
            line.Append(traceId);
        }

        line.Append("\""u8);
        line.Append(exchange.Client.LogFields.Span);
        line.Append(",\"protocol\":\""u8);
        line.Append(request.Protocol);
        line.Append("\",\"method\":\""u8);
        line.Append(request.Method);
        line.Append("\",\"host\":\""u8);
        line.Append(request.Host.Value ?? "");
        line.Append("\",\"path\":\""u8);
        line.Append(request.Path.Value ?? "");
        line.Append(isError ? "\",\"status\":\"error\",\"status_code\":"u8 : "\",\"status\":\"success\",\"status_code\":"u8);
        line.Append(status);
        line.Append(",\"bytes\":"u8);
        line.Append(exchange.BytesSent);
        if (exchange.UpstreamStarted != 0)
        {
            var upstream = exchange.UpstreamAnswered == 0
                ? elapsed - _time.GetElapsedTime(exchange.Started, exchange.UpstreamStarted)
                : _time.GetElapsedTime(exchange.UpstreamStarted, exchange.UpstreamAnswered);
            line.Append(",\"upstream_ms\":"u8);
            line.AppendMilliseconds(upstream);
        }

        line.Append(",\"latency_ms\":"u8);
        line.AppendMilliseconds(elapsed);
        if (exchange.Identity is { } identity)
        {
            line.Append(",\"identity\":\""u8);
            line.Append(identity);
            line.Append("\""u8);
        }

        if (exchange.Cluster is { } cluster)
        {
            line.Append(",\"cluster\":\""u8);
            line.Append(cluster);
            line.Append("\""u8);
        }

        if (exchange.Attempts > 1)
        {
            line.Append(",\"attempts\":"u8);
            line.Append(exchange.Attempts);
        }

        if (exchange.Error is { } error)
        {
            line.Append(",\"error\":\""u8);
            line.Append(error);
            line.Append("\""u8);
        }

        line.Append("}\n"u8);
    }

    private bool TryAppend(ReadOnlySpan<byte> line)
    {
        lock (_lock)
        {
            var needed = _used + line.Length;
            if (needed > _capacity || _ended)
            {
                return false;
            }

            if (needed > _gathering.Length)
            {
                Array.Resize(ref _gathering, Math.Min(_capacity, Math.Max(needed, Math.Max(16 * 1024, _gathering.Length * 2))));
            }

            line.CopyTo(_gathering.AsSpan(_used));
            var wasEmpty = _used == 0;
            _used = needed;
            if (wasEmpty)
            {
                _filled.Set();
            }

            if (needed >= EnoughBytes && needed - line.Length < EnoughBytes)
            {
                _enough.Set();
            }

            return true;
        }
    }

    private void WriteUntilEnded()
    {
        while (true)
        {
            _filled.Wait();

            // Under load a line comes every few microseconds, and a write for each would cost more than the request.
            _enough.Wait(GatherMilliseconds);

            byte[] full;
            int length;
            bool last;
            lock (_lock)
            {
                (full, length, last) = (_gathering, _used, _ended);
                (_gathering, _used) = (_spare, 0);
                _filled.Reset();
                _enough.Reset();
            }

            if (length > 0)
            {
                WriteOut(full.AsSpan(0, length));
            }

            if (last)
            {
                return;
            }

            // What a stalled reader made grow is given back.
            _spare = full.Length > KeptBytes ? [] : full;
        }
    }

    private void WriteOut(ReadOnlySpan<byte> lines)
    {
        try
        {
            lock (_outputLock)
            {
                _output.Write(lines);
                _output.Flush();
            }
        }
        catch (IOException)
        {
            // Stdout is closed: nobody wants the lines.
            _metrics.AccessLogDropped(lines.Count((byte)'\n'));
        }
    }

    /// <summary>A timestamp as far as its seconds.</summary>
    /// <param name="Number">Seconds since the year 1.</param>
    /// <param name="Text">With the point that milliseconds follow.</param>
    private sealed record RenderedSecond(long Number, byte[] Text);

    /// <summary>A line in the making; what does not fit is cut within a value, and the line stays JSON.</summary>
    private ref struct LineBuffer(byte[] buffer)
    {
        /// <summary>Kept free for what follows a value that was cut.</summary>
        private const int Reserve = 2048;

        private readonly Span<byte> _buffer = buffer;
        private int _length;

        public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

        public void Append(scoped ReadOnlySpan<byte> literal)
        {
            if (literal.Length <= _buffer.Length - _length)
            {
                literal.CopyTo(_buffer[_length..]);
                _length += literal.Length;
            }
        }

        /// <summary>Text within quotes, escaped as JSON needs.</summary>
        public void Append(string text)
        {
            if (text.Length > _buffer.Length - _length - Reserve)
            {
                text = text[..Math.Max(0, Math.Min(text.Length, (_buffer.Length - _length - Reserve) / 6))];
            }

            if (!text.AsSpan().ContainsAnyExcept(Plain))
            {
                _length += Encoding.ASCII.GetBytes(text, _buffer[_length..]);
                return;
            }

            var escaped = Encoding.UTF8.GetBytes(JavaScriptEncoder.Default.Encode(text));
            if (escaped.Length <= _buffer.Length - _length - Reserve)
            {
                Append(escaped);
            }
        }

        public void Append(long number)
        {
            number.TryFormat(_buffer[_length..], out var written, provider: CultureInfo.InvariantCulture);
            _length += written;
        }

        /// <summary>Milliseconds with three digits after the point; from whole microseconds, which a fraction is slow to come from.</summary>
        public void AppendMilliseconds(TimeSpan time)
        {
            var microseconds = Math.Max(0, (time.Ticks + (TimeSpan.TicksPerMicrosecond / 2)) / TimeSpan.TicksPerMicrosecond);
            Append(microseconds / 1000);
            Append("."u8);
            AppendThreeDigits((int)(microseconds % 1000));
        }

        public void AppendThreeDigits(int number)
        {
            Append([(byte)('0' + (number / 100)), (byte)('0' + (number / 10 % 10)), (byte)('0' + (number % 10))]);
        }
    }
}
