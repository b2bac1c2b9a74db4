using System.Text.Json.Nodes;
using Agent.Requests;

namespace Agent.RequestLogging;

/// <summary>
/// The request log: takes a line and returns at once, whatever the file is doing. Behind it a bounded queue, whose one
/// reader writes to <see cref="RequestFile"/>; a line that finds the queue full is dropped and counted.
/// </summary>
/// <remarks>
/// As a hosted service it stops after the server, which is registered last: so every request's line is in the queue by then.
/// Stopping completes the queue, and its reader ends when it has emptied it.
/// </remarks>
internal sealed partial class RequestLog : IHostedService, IStatusSection, IDisposable
{
    /// <summary>
    /// After a write lines gather for so long before the next: under load many of them share a write, and to wake the
    /// reader. That costs less than a tenth of a write a line, and nobody waits for a line that soon.
    /// </summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(2);

    /// <summary>Texts that wait may not fill the memory: the queue is bounded by lines, and these are long.</summary>
    private const long MaxQueuedTextChars = 8 * 1024 * 1024;

    private readonly AgentOptions _options;
    private readonly RequestLogHealth _health;
    private readonly TimeProvider _time;
    private readonly ILogger<RequestLog> _logger;
    private readonly LineQueue? _queue;
    private readonly CancellationTokenSource _stopping = new();
    private Task _reader = Task.CompletedTask;

    public RequestLog(AgentOptions options, RequestLogHealth health, TimeProvider time, ILogger<RequestLog> logger)
    {
        (_options, _health, _time, _logger) = (options, health, time, logger);
        if (options.LogFile.Length > 0)
        {
            _queue = new LineQueue(options.RequestLog.QueueSize, MaxQueuedTextChars);
            health.Queue = _queue;
        }
    }

    public string Name => "request_log";

    /// <summary>Hands a finished request over to be written. Never waits, never throws.</summary>
    public void Write(HttpContext context, RequestRecord record, TimeSpan elapsed)
    {
        if (_queue is null)
        {
            return;
        }

        var includeText = _options.RequestLog.IncludeText;
        var line = RequestLine.OfThisThread.Format(
            record, _time.GetUtcNow(), context.Request.Method, context.Request.Path.Value ?? "", record.StatusCode(context.Response.StatusCode), elapsed, includeText);
        if (!_queue.TryAdd(line, includeText ? record.Text?.Length ?? 0 : 0))
        {
            _health.Dropped(1);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_queue is null)
        {
            Log.Off(_logger);
        }
        else
        {
            _reader = Task.Run(() => WriteAllAsync(_queue), CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Empties the queue; a file that blocks for ever is given up when the grace is over. Requests that used all of the grace
    /// leave none for their lines, which get a last moment all the same: the kubelet kills seconds later.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue?.Complete();
        await _stopping.CancelAsync();
        using var moment = new CancellationTokenSource(LastMoment, _time);
        var patience = cancellationToken.IsCancellationRequested ? moment.Token : cancellationToken;
        await _reader.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_reader.IsCompleted)
        {
            Log.GivenUp(_logger, _options.LogFile, _queue!.Count);
        }
        else
        {
            await _reader;
        }
    }

    public JsonNode DescribeStatus() => new JsonObject
    {
        ["file"] = _queue is null ? null : _options.LogFile,
        ["written"] = _health.LinesWritten,
        ["dropped"] = _health.LinesDropped,
        ["queued"] = _queue?.Count ?? 0,
    };

    public void Dispose() => _stopping.Dispose();

    private async Task WriteAllAsync(LineQueue queue)
    {
        using var file = new RequestFile(_options.LogFile, _options.RequestLog, _health, _time);
        while (await queue.TakeAsync() is { Count: > 0 } blocks)
        {
            foreach (var block in blocks)
            {
                file.Add(block.Bytes);
                queue.Done(block);
            }

            file.Commit();
            if (!_stopping.IsCancellationRequested)
            {
                await Task.Delay(Gathering, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Warning, "LOG_FILE is not set: no request log is written")]
        public static partial void Off(ILogger logger);

        [LoggerMessage(111, LogLevel.Error, "{File} takes nothing, and the grace is over: up to {Lines} lines of the request log are lost. See to its volume")]
        public static partial void GivenUp(ILogger logger, string file, int lines);
    }
}
