using Serilog;
using Serilog.Core;

namespace Agent.RequestLogging;

/// <summary>
/// The file at the end of the request log's queue: rolled by size, and back by itself after whatever happened to it.
/// </summary>
/// <remarks>
/// Serilog's file sink opens and writes; around it stands what it does not do in the versions we use. Its rolling sink moves
/// on to another name (<c>requests_001.log</c>), so that who follows <c>LOG_FILE</c> is left behind; here the full file is
/// renamed to that, and <c>LOG_FILE</c> is always the one being written. Where the rolling sink cannot open its file it tries
/// again after half an hour, and it writes on into a file that was deleted; here either is noticed with the next lines. What
/// could not be written it tells its SelfLog only; here it is counted. See <see cref="WholeLines"/> for the full disk.
/// Called by one at a time: the queue's reader.
/// </remarks>
internal sealed class RequestFile(string path, RequestLogOptions options, RequestLogHealth health, TimeProvider time) : IDisposable
{
    /// <summary>Pause after a failure: to try again and again would cost more than the lines.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Most that is gathered for one write.</summary>
    private const int MaxPendingBytes = 256 * 1024;

    private static readonly BlockFormatter Formatter = new();

    private Logger? _file;
    private WholeLines? _lines;
    private string _target = "";
    private long? _failedAt;

    /// <summary>Takes lines up; <see cref="Commit"/> writes them, if they are not written before. Never throws.</summary>
    public void Add(ReadOnlyMemory<byte> lines)
    {
        while (!lines.IsEmpty)
        {
            if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < Pause)
            {
                health.Dropped(CountOf(lines));
                return;
            }

            try
            {
                MakeReady();
                var now = UntilFull(lines);
                _file!.Write(BlockFormatter.EventOf(lines[..now], time.GetUtcNow()));
                lines = lines[now..];
                if (_lines!.PendingBytes >= MaxPendingBytes)
                {
                    Commit();
                }
            }
            catch (Exception e)
            {
                // Whatever it is, the queue's reader must live on, and the cause is the only thing that anybody can do anything about.
                Failed(CountOf(lines), e is AggregateException { InnerException: { } cause } ? cause : e);
                return;
            }
        }
    }

    /// <summary>Writes what was taken up, in one piece. Never throws.</summary>
    public void Commit()
    {
        if (_lines is not { PendingLines: > 0 and var pending } lines)
        {
            return;
        }

        try
        {
            var (kept, cause) = lines.Commit();
            health.Written(kept);
            _failedAt = null;
            if (cause is not null)
            {
                Failed(pending - kept, cause);
            }
        }
        catch (Exception e)
        {
            Failed(pending, e);
        }
    }

    public void Dispose() => Close();

    private static int CountOf(ReadOnlyMemory<byte> lines) => lines.Span.Count((byte)'\n');

    /// <returns>How much goes into this file: up to the end of the line that fills it.</returns>
    private int UntilFull(ReadOnlyMemory<byte> lines)
    {
        // A file that was full when it was opened takes a line all the same.
        var room = Math.Max(1, options.MaxFileBytes - _lines!.End - _lines.PendingBytes);
        return !_lines.IsRegular || room >= lines.Length
            ? lines.Length
            : (int)room + lines.Span[((int)room - 1)..].IndexOf((byte)'\n');
    }

    private void Failed(int lines, Exception cause)
    {
        _failedAt = time.GetTimestamp();
        health.Failed(path, cause, lines);
    }

    private void MakeReady()
    {
        if (_lines is { IsRegular: true } lines)
        {
            if (lines.PendingLines == 0 && new FileInfo(_target) is var onDisk && (!onDisk.Exists || onDisk.Length != lines.End))
            {
                // Deleted, replaced or cut under us.
                Close();
            }
            else if (lines.End + lines.PendingBytes >= options.MaxFileBytes)
            {
                Commit();
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
        _file = new LoggerConfiguration().MinimumLevel.Verbose().AuditTo.File(Formatter, _target, hooks: hook).CreateLogger();
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
            File.Move(_target, RolledFiles.NameOf(_target, RolledFiles.LastOf(_target) + 1));
        }

        foreach (var (_, old) in rolled.Take(rolled.Count - (options.MaxFiles - 2)))
        {
            File.Delete(old);
        }
    }
}
