using TlsProxy.Metrics;
using TlsProxy.Requests;

namespace TlsProxy.AccessLog;

/// <summary>
/// Writes one JSON line for each request to stdout. A request only copies its line into a bounded queue, which a dedicated thread
/// writes out. When stdout is not read, lines are dropped and counted, and no request waits.
/// </summary>
internal sealed class AccessLogWriter : IHostedService, IDisposable
{
    [ThreadStatic]
    private static AccessLogFormatter? _formatter;

    private readonly bool _enabled;
    private readonly LogLineQueue _queue;
    private readonly ProxyMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimestampFormatter _timestamps;
    private readonly Stream _output;
    private readonly object _outputLock;
    private Task _writing = Task.CompletedTask;

    public AccessLogWriter(AccessLogOptions options, ProxyMetrics metrics, TimeProvider time)
        : this(options, metrics, time, Console.OpenStandardOutput(), Console.Out)
    {
    }

    /// <param name="options">Whether the log is written, and the size of the queue.</param>
    /// <param name="metrics">Counts dropped lines.</param>
    /// <param name="time">Provides the timestamps.</param>
    /// <param name="output">Receives the lines.</param>
    /// <param name="outputLock">Locked during a write, because diagnostics go to stdout as well and must not interrupt a line.</param>
    internal AccessLogWriter(AccessLogOptions options, ProxyMetrics metrics, TimeProvider time, Stream output, object outputLock)
    {
        (_metrics, _time, _output, _outputLock) = (metrics, time, output, outputLock);
        _enabled = options.Enabled;
        _queue = new LogLineQueue(options.QueueBytes);
        _timestamps = new TimestampFormatter(time);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_enabled)
        {
            // A dedicated thread, because writing to a full pipe blocks.
            _writing = Task.Factory.StartNew(
                WriteQueuedLines, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.CloseQueue();
        try
        {
            await _writing.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Shutdown timed out: stdout is not read.
        }
    }

    public void Dispose() => _queue.Dispose();

    public void WriteRequest(HttpContext context, RequestState state, TimeSpan elapsed)
    {
        if (!_enabled)
        {
            return;
        }

        Span<byte> timestamp = stackalloc byte[TimestampFormatter.Length];
        _timestamps.FormatNow(timestamp);
        var formatter = _formatter ??= new AccessLogFormatter();
        if (!_queue.TryAppendLine(formatter.FormatLine(context, state, timestamp, MeasureUpstreamTime(state, elapsed), elapsed)))
        {
            _metrics.CountDroppedLogLines(1);
        }
    }

    /// <summary>Time until the headers of the application's response, or until the end when they never arrived.</summary>
    private TimeSpan? MeasureUpstreamTime(RequestState state, TimeSpan elapsed)
    {
        if (state.UpstreamStarted == 0)
        {
            return null;
        }

        return state.UpstreamResponded == 0
            ? elapsed - _time.GetElapsedTime(state.Started, state.UpstreamStarted)
            : _time.GetElapsedTime(state.UpstreamStarted, state.UpstreamResponded);
    }

    private void WriteQueuedLines()
    {
        var isOpen = true;
        while (isOpen)
        {
            isOpen = _queue.WaitForLines(out var lines);
            if (lines.Count > 0)
            {
                WriteToOutput(lines);
            }

            _queue.RecycleBuffer(lines.Array!);
        }
    }

    private void WriteToOutput(ReadOnlySpan<byte> lines)
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
            // Stdout is closed.
            _metrics.CountDroppedLogLines(lines.Count((byte)'\n'));
        }
    }
}
