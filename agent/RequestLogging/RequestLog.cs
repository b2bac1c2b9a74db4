using System.Text.Json.Nodes;
using Agent.Requests;

namespace Agent.RequestLogging;

/// <summary>
/// The request log. Requests add formatted lines to a bounded queue and never wait; one reader writes them to
/// <see cref="RequestLogFile"/>. If the queue is full, the line is dropped and counted.
/// </summary>
/// <remarks>
/// As a hosted service it stops after the web server, which is registered last, so the lines of all requests are in the queue
/// by then. Stopping completes the queue, and the reader ends after draining it.
/// </remarks>
internal sealed partial class RequestLog(
    RequestLogSettings settings, LineQueue queue, RequestLogHealth health, TimeProvider time, ILogger<RequestLog> logger)
    : IHostedService, IStatusSection, IDisposable
{
    /// <summary>Pause after a write. Under load many lines share one write and one wake-up of the reader, which saves CPU time.</summary>
    private static readonly TimeSpan BatchInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Time for draining the queue if requests used the complete shutdown timeout; Kubernetes kills the Pod a few seconds later.
    /// </summary>
    private static readonly TimeSpan MinDrainTime = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private Task _writer = Task.CompletedTask;

    public string Name => "request_log";

    private bool IsEnabled => settings.Path.Length > 0;

    /// <summary>Queues the line of a completed request. Never waits and never throws.</summary>
    public void WriteLine(HttpContext context, RequestRecord record, TimeSpan elapsed)
    {
        if (!IsEnabled)
        {
            return;
        }

        var includeText = settings.Options.IncludeText;
        var line = RequestLineWriter.OfThisThread.FormatLine(
            record, time.GetUtcNow(), context.Request.Method, context.Request.Path.Value ?? "",
            record.GetStatusCode(context.Response.StatusCode), elapsed, includeText);
        if (!queue.TryAddLine(line, includeText ? record.Text?.Length ?? 0 : 0))
        {
            health.RecordDropped(1);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsEnabled)
        {
            _writer = Task.Run(WriteQueueAsync, CancellationToken.None);
        }
        else
        {
            Log.NoRequestLog(logger);
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Drains the queue, until the shutdown timeout or <see cref="MinDrainTime"/>: a write to a broken volume may block forever.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.CompleteAdding();
        await _stopping.CancelAsync();
        using var minDrain = new CancellationTokenSource(MinDrainTime, time);
        var timeout = cancellationToken.IsCancellationRequested ? minDrain.Token : cancellationToken;
        await _writer.WaitAsync(timeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_writer.IsCompleted)
        {
            Log.ShutdownTimedOut(logger, queue.Count, settings.Path);
        }
        else
        {
            await _writer;
        }
    }

    public JsonNode DescribeStatus() => new JsonObject
    {
        ["file"] = IsEnabled ? settings.Path : null,
        ["written_lines"] = health.LinesWritten,
        ["dropped_lines"] = health.LinesDropped,
        ["queued_lines"] = queue.Count,
    };

    public void Dispose() => _stopping.Dispose();

    private async Task WriteQueueAsync()
    {
        using var file = new RequestLogFile(settings, health, time);
        while (await queue.TakeAllAsync() is { Count: > 0 } batches)
        {
            foreach (var batch in batches)
            {
                file.AddLines(batch.Bytes);
                queue.ReleaseBatch(batch);
            }

            file.CommitLines();
            if (!_stopping.IsCancellationRequested)
            {
                await Task.Delay(BatchInterval, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Warning, "LOG_FILE is not set: no request log is written")]
        public static partial void NoRequestLog(ILogger logger);

        [LoggerMessage(111, LogLevel.Error, "Shutdown timed out with up to {Lines} unwritten lines: {File} is blocked. Check its volume")]
        public static partial void ShutdownTimedOut(ILogger logger, int lines, string file);
    }
}
