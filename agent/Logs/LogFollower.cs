using Agent.RequestLogging;

namespace Agent.Logs;

/// <summary>
/// Sends the request log's complete lines across rolled files. The rest of a renamed file is sent before the next file, which is
/// found by its number even if it was renamed in the meantime.
/// </summary>
internal sealed class LogFollower(string path, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The delay after which a follower sees a new line.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _buffer = new byte[CompleteLines.BufferBytes];
    private FileStream? _file;

    /// <summary>Whether the open file is a rolled one.</summary>
    private bool _isRolled;

    /// <summary>The number of the file after the open one; null before the first.</summary>
    private long? _nextNumber;

    /// <summary>
    /// Sends the last <paramref name="tail"/> lines (-1: the complete file) and, with <paramref name="follow"/>, new lines until
    /// canceled.
    /// </summary>
    public async Task SendLogAsync(Stream output, int tail, bool follow, CancellationToken cancellationToken)
    {
        OpenNextFile();
        if (_file is not null && tail >= 0)
        {
            _file.Position = CompleteLines.FindLastLines(_file, tail);
        }

        await output.FlushAsync(cancellationToken);
        using var timer = new PeriodicTimer(PollInterval, time);
        do
        {
            bool isFinished;
            do
            {
                OpenNextFile();
                // Determined before sending: a line that the writer adds in between is still sent from this file.
                isFinished = _isRolled || IsRenamed() || IsReplaced();
                await SendNewLinesAsync(output, cancellationToken);
                if (isFinished)
                {
                    await DisposeAsync();
                }
            }
            while (follow && isFinished);
        }
        while (follow && await timer.WaitForNextTickAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        if (_file is { } file)
        {
            (_file, _isRolled) = (null, false);
            await file.DisposeAsync();
        }
    }

    /// <summary>Opens the file after the last one, if none is open and there is one.</summary>
    private void OpenNextFile()
    {
        try
        {
            while (_file is null)
            {
                var target = RolledFiles.ResolveTarget(path);
                var last = RolledFiles.FindLastNumber(target);
                if (_nextNumber <= last)
                {
                    OpenRolledFile(target);
                }
                else if (!TryOpenCurrentFile(target, last))
                {
                    return;
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Deleted or not yet created; the writer creates it.
        }
    }

    /// <summary>Opens the rolled file with the next number, or the oldest after it if the next one was removed (MaxFiles).</summary>
    private void OpenRolledFile(string target)
    {
        var (number, name) = RolledFiles.ListFiles(target).Find(file => file.Number >= _nextNumber);
        if (name is not null)
        {
            _nextNumber = number + 1;
            _file = TryOpenFile(name);
            _isRolled = _file is not null;
        }
    }

    /// <returns>False if the file does not exist.</returns>
    private bool TryOpenCurrentFile(string target, long last)
    {
        if (TryOpenFile(target) is not { } file)
        {
            return false;
        }

        if (RolledFiles.FindLastNumber(target) == last)
        {
            (_file, _isRolled, _nextNumber) = (file, false, last + 2);
        }
        else
        {
            // Rolled in the meantime, so the number of the opened file is uncertain: try again.
            file.Dispose();
            _nextNumber ??= last + 1;
        }

        return true;
    }

    /// <returns>Null if the file does not exist: not yet created, just renamed, or removed.</returns>
    private static FileStream? TryOpenFile(string name)
    {
        try
        {
            return new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether the open file was rolled since it was opened.</summary>
    private bool IsRenamed()
    {
        try
        {
            return _file is not null && RolledFiles.FindLastNumber(RolledFiles.ResolveTarget(path)) >= _nextNumber - 1;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether the path refers to another file by now. The same file grows only, so its length by path is between its lengths by
    /// handle before and afterwards; otherwise there are two files.
    /// </summary>
    private bool IsReplaced()
    {
        if (_file is null)
        {
            return false;
        }

        var before = _file.Length;
        var named = new FileInfo(path);
        return !named.Exists || named.Length < before || named.Length > _file.Length;
    }

    private async Task SendNewLinesAsync(Stream output, CancellationToken cancellationToken)
    {
        if (_file is null)
        {
            return;
        }

        if (_file.Length < _file.Position)
        {
            // Truncated by another process.
            _file.Position = 0;
        }

        await CompleteLines.SendLinesAsync(_file, _buffer, output, cancellationToken);
    }
}
