using Serilog;
using Serilog.Core;

namespace Agent.RequestLogging;

/// <summary>
/// The request log's file: rolled by size, and writable again after any failure. For a single thread, the queue's reader.
/// </summary>
/// <remarks>
/// Serilog's file sink owns the file: it creates the directory, opens the file for appending while others may read it, and throws
/// what goes wrong (<c>AuditTo</c>). It receives one event per batch of lines, not one per line, because the lines are formatted
/// already (<see cref="RequestLineWriter"/>) and because one write per line would cost more than the request. Three things are
/// implemented here instead of by Serilog's rolling file sink:
/// <list type="bullet">
/// <item>Rolling. Serilog continues in a file with a new name, and a reader of <c>LOG_FILE</c> would see no more lines. Here the full
/// file is renamed, so that <c>LOG_FILE</c> is always the current one.</item>
/// <item>Recovery. Serilog retries a failed open after 30 minutes and keeps writing to a deleted file. Here every batch checks both.</item>
/// <item>Accounting. Serilog does not report which lines a failed write lost. Here they are counted (<see cref="LineStream"/>).</item>
/// </list>
/// </remarks>
internal sealed class RequestLogFile(RequestLogSettings settings, RequestLogHealth health, TimeProvider time) : IDisposable
{
    /// <summary>Pause after a failure, because every attempt costs more than the dropped lines.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Bounds the bytes of a single write.</summary>
    private const int MaxPendingBytes = 256 * 1024;

    private static readonly LineBatchFormatter Formatter = new();

    private Logger? _logger;
    private LineStream? _lines;
    private string _target = "";
    private long? _failedAt;

    /// <summary>Adds lines to the pending ones; <see cref="CommitLines"/> writes them. Never throws.</summary>
    public void AddLines(ReadOnlyMemory<byte> lines)
    {
        while (!lines.IsEmpty)
        {
            if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < RetryDelay)
            {
                health.RecordDropped(CountLines(lines));
                return;
            }

            try
            {
                PrepareFile();
                var fitting = MeasureFittingLines(lines);
                _logger!.Write(LineBatchFormatter.CreateEvent(lines[..fitting], time.GetUtcNow()));
                lines = lines[fitting..];
                if (_lines!.PendingBytes >= MaxPendingBytes)
                {
                    CommitLines();
                }
            }
            catch (Exception exception)
            {
                // Any exception: the queue's reader must continue. Serilog wraps the sink's exception.
                RecordFailure(CountLines(lines), exception is AggregateException { InnerException: { } cause } ? cause : exception);
                return;
            }
        }
    }

    /// <summary>Writes the pending lines with a single write. Never throws.</summary>
    public void CommitLines()
    {
        if (_lines is not { PendingLines: > 0 and var pending } lines)
        {
            return;
        }

        try
        {
            var (written, cause) = lines.CommitLines();
            health.RecordWritten(written);
            _failedAt = null;
            if (cause is not null)
            {
                RecordFailure(pending - written, cause);
            }
        }
        catch (Exception exception)
        {
            RecordFailure(pending, exception);
        }
    }

    public void Dispose() => CloseFile();

    private static int CountLines(ReadOnlyMemory<byte> lines) => lines.Span.Count((byte)'\n');

    /// <returns>The length of the lines for this file: up to the end of the line that fills it.</returns>
    private int MeasureFittingLines(ReadOnlyMemory<byte> lines)
    {
        // A file that was full when it was opened still receives one line.
        var room = Math.Max(1, settings.Options.MaxFileBytes - _lines!.Length - _lines.PendingBytes);
        return !_lines.IsRegular || room >= lines.Length
            ? lines.Length
            : (int)room + lines.Span[((int)room - 1)..].IndexOf((byte)'\n');
    }

    private void RecordFailure(int droppedLines, Exception cause)
    {
        _failedAt = time.GetTimestamp();
        health.ReportFailure(settings.Path, cause, droppedLines);
    }

    private void PrepareFile()
    {
        if (_lines is { IsRegular: true } lines)
        {
            if (lines.PendingLines == 0 && HasChangedOnDisk(lines))
            {
                CloseFile();
            }
            else if (lines.Length + lines.PendingBytes >= settings.Options.MaxFileBytes)
            {
                CommitLines();
                CloseFile();
                RollFile();
            }
        }

        if (_logger is null)
        {
            OpenFile();
        }
    }

    /// <summary>Whether another process deleted, replaced or truncated the file.</summary>
    private bool HasChangedOnDisk(LineStream lines)
    {
        var onDisk = new FileInfo(_target);
        return !onDisk.Exists || onDisk.Length != lines.Length;
    }

    private void OpenFile()
    {
        _target = RolledFiles.ResolveTarget(settings.Path);
        var hook = new LineStreamHook();
        // AuditTo, because unlike WriteTo it throws the sink's exceptions.
        _logger = new LoggerConfiguration().MinimumLevel.Verbose().AuditTo.File(Formatter, _target, hooks: hook).CreateLogger();
        _lines = hook.Opened;
    }

    private void CloseFile()
    {
        var logger = _logger;
        (_logger, _lines) = (null, null);
        logger?.Dispose();
    }

    /// <summary>Renames the full file to the next number and removes the files beyond <see cref="RequestLogOptions.MaxFiles"/>.</summary>
    private void RollFile()
    {
        var maxFiles = settings.Options.MaxFiles;
        var rolled = RolledFiles.ListFiles(_target);
        if (maxFiles == 1)
        {
            File.Delete(_target);
        }
        else
        {
            File.Move(_target, RolledFiles.FormatName(_target, RolledFiles.FindLastNumber(_target) + 1));
        }

        foreach (var (_, old) in rolled.Take(rolled.Count - (maxFiles - 2)))
        {
            File.Delete(old);
        }
    }
}
