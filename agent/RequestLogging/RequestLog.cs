using System.Text.Json.Nodes;
using Agent.Requests;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;
using Serilog.Sinks.Async;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace Agent.RequestLogging;

/// <summary>
/// The request log: takes an entry and returns at once, whatever the file is doing. Behind it Serilog's bounded queue, whose
/// one thread writes to <see cref="RequestFile"/>; an entry that finds the queue full is dropped and counted.
/// </summary>
/// <remarks>As a hosted service it stops after the server, which is registered last: so every request's line is in the queue, and the queue is emptied.</remarks>
internal sealed partial class RequestLog : IHostedService, IStatusSection, IAsyncLogEventSinkMonitor, IDisposable
{
    private const string EntryProperty = "entry";

    private static readonly MessageTemplate Template = new([new PropertyToken(EntryProperty, "{" + EntryProperty + "}")]);

    private readonly AgentOptions _options;
    private readonly RequestLogHealth _health;
    private readonly TimeProvider _time;
    private readonly ILogger<RequestLog> _logger;
    private readonly Logger? _queue;

    public RequestLog(AgentOptions options, RequestLogHealth health, TimeProvider time, ILogger<RequestLog> logger)
    {
        (_options, _health, _time, _logger) = (options, health, time, logger);
        if (options.LogFile.Length > 0)
        {
            _queue = new LoggerConfiguration()
                .MinimumLevel.Verbose()
                .WriteTo.Async(
                    configure: sinks => sinks.Sink(new RequestFile(options.LogFile, options.RequestLog, health, time)),
                    bufferSize: options.RequestLog.QueueSize,
                    blockWhenFull: false,
                    monitor: this)
                .CreateLogger();
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

        var now = _time.GetUtcNow();
        var entry = new RequestLogEntry(
            now, record, context.Request.Method, context.Request.Path.Value ?? "", context.Response.StatusCode,
            Math.Round(elapsed.TotalMilliseconds, 3));
        _queue.Write(new LogEvent(
            now, LogEventLevel.Information, exception: null, Template, [new LogEventProperty(EntryProperty, new ScalarValue(entry))]));
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_queue is null)
        {
            Log.Off(_logger);
        }

        return Task.CompletedTask;
    }

    /// <summary>Empties the queue; a file that blocks for ever is given up when the grace is over.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(Dispose, CancellationToken.None).WaitAsync(cancellationToken);

    public JsonNode Describe() => new JsonObject
    {
        ["file"] = _queue is null ? null : _options.LogFile,
        ["written"] = _health.LinesWritten,
        ["dropped"] = _health.LinesDropped,
        ["queued"] = _health.Queue?.Count ?? 0,
    };

    public void Dispose() => _queue?.Dispose();

    void IAsyncLogEventSinkMonitor.StartMonitoring(IAsyncLogEventSinkInspector inspector) => _health.Queue = inspector;

    void IAsyncLogEventSinkMonitor.StopMonitoring(IAsyncLogEventSinkInspector inspector)
    {
        // Its counts stay good after its end.
    }

    internal static RequestLogEntry EntryOf(LogEvent logEvent) =>
        (RequestLogEntry)((ScalarValue)logEvent.Properties[EntryProperty]).Value!;

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Warning, "LOG_FILE is not set: no request log is written")]
        public static partial void Off(ILogger logger);
    }
}
