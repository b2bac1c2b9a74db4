using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Agent.RequestLogging;

/// <summary>
/// The file at the end of the request log's queue: rolled by size, and back by itself after whatever happened to it.
/// </summary>
/// <remarks>
/// Serilog's file sink opens and writes; around it stands what it does not do in the versions we use. Its rolling sink moves
/// on to another name (<c>requests_001.log</c>), so that who follows <c>LOG_FILE</c> is left behind; here the full file is
/// renamed to that, and <c>LOG_FILE</c> is always the one being written. Where the rolling sink cannot open its file it tries
/// again after half an hour, and it writes on into a file that was deleted; here either is noticed at the next line. What
/// could not be written it tells its SelfLog only; here it is counted. See <see cref="WholeLines"/> for the full disk.
/// Called by one thread: the queue's.
/// </remarks>
internal sealed class RequestFile(
    string path, RequestLogOptions options, RequestLogHealth health, TimeProvider time) : ILogEventSink, IDisposable
{
    /// <summary>Pause after a failure: to try at every line would cost more than the line.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly RequestLineFormatter _formatter = new(options.IncludeText);
    private Logger? _file;
    private WholeLines? _lines;
    private string _target = "";
    private long? _failedAt;

    public void Emit(LogEvent logEvent)
    {
        if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < Pause)
        {
            health.Dropped();
            return;
        }

        try
        {
            MakeReady();
            _file!.Write(logEvent);
            health.Written();
            _failedAt = null;
        }
        catch (Exception e)
        {
            // Whatever it is, the queue's thread must live on, and the cause is the only thing that anybody can do anything about.
            _failedAt = time.GetTimestamp();
            health.Failed(path, e is AggregateException { InnerException: { } cause } ? cause : e);
        }
    }

    public void Dispose()
    {
        Close();
        _formatter.Dispose();
    }

    private void MakeReady()
    {
        if (_lines is { IsRegular: true } lines)
        {
            var onDisk = new FileInfo(_target);
            if (!onDisk.Exists || onDisk.Length != lines.End)
            {
                // Deleted, replaced or cut under us.
                Close();
            }
            else if (lines.End >= options.MaxFileBytes)
            {
                Close();
                Roll();
            }
        }

        if (_file is null)
        {
            Open();
        }
    }

    private void Open()
    {
        _target = RolledFiles.TargetOf(path);
        var hook = new WholeLinesHook();
        _file = new LoggerConfiguration().MinimumLevel.Verbose().AuditTo.File(_formatter, _target, hooks: hook).CreateLogger();
        _lines = hook.Opened;
    }

    private void Close()
    {
        var file = _file;
        (_file, _lines) = (null, null);
        file?.Dispose();
    }

    /// <summary><c>requests.log</c> becomes <c>requests_001.log</c>, the next one <c>requests_002.log</c>, and so on.</summary>
    private void Roll()
    {
        var rolled = RolledFiles.Of(_target);
        if (options.MaxFiles == 1)
        {
            File.Delete(_target);
        }
        else
        {
            var number = rolled.Count == 0 ? 1 : rolled[^1].Number + 1;
            File.Move(_target, RolledFiles.NameOf(_target, number));
        }

        foreach (var (_, old) in rolled.Take(rolled.Count - (options.MaxFiles - 2)))
        {
            File.Delete(old);
        }
    }
}
