using Agent.RequestLogging;

namespace Agent.Logs;

/// <summary>
/// Sends the request log's whole lines, across its rolling: what is left of a renamed file comes before the next one, and
/// the next one is found by its number when it has been renamed, too, since the last look.
/// </summary>
internal sealed class LogReader(string path, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How soon a follower sees a line.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _buffer = new byte[64 * 1024];
    private FileStream? _file;

    /// <summary>Whether the open file is full and has its last name.</summary>
    private bool _isRolled;

    /// <summary>The number that the file after the open one has or will get; null before the first.</summary>
    private long? _next;

    /// <summary>Sends the last <paramref name="tail"/> lines (-1: all of the file), and when following goes on until cancelled.</summary>
    public async Task SendAsync(Stream output, int tail, bool follow, CancellationToken cancellationToken)
    {
        TryOpen();
        if (_file is not null && tail >= 0)
        {
            _file.Position = await StartOfLastAsync(_file, tail, cancellationToken);
        }

        await output.FlushAsync(cancellationToken);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            bool isDone;
            do
            {
                TryOpen();
                isDone = _isRolled || WasRenamed() || WasReplaced();
                await SendWholeLinesAsync(output, cancellationToken);
                if (isDone)
                {
                    await DisposeAsync();
                }
            }
            while (follow && isDone);
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

    private void TryOpen()
    {
        try
        {
            while (_file is null)
            {
                var target = RolledFiles.TargetOf(path);
                var last = RolledFiles.LastOf(target);
                if (_next <= last)
                {
                    // Those in between may be gone already: more than MaxFiles are not kept.
                    var (number, name) = RolledFiles.Of(target).Find(file => file.Number >= _next);
                    if (name is null)
                    {
                        continue;
                    }

                    _next = number + 1;
                    _file = TryOpen(name);
                    _isRolled = _file is not null;
                    continue;
                }

                if (TryOpen(target) is not { } file)
                {
                    return;
                }

                // Which number it will get is sure only if none was given away meanwhile.
                if (RolledFiles.LastOf(target) != last)
                {
                    file.Dispose();
                    _next ??= last + 1;
                    continue;
                }

                (_file, _isRolled, _next) = (file, false, last + 2);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Not there yet, or no more: the writer makes it.
        }
    }

    private static FileStream? TryOpen(string name)
    {
        try
        {
            return new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (FileNotFoundException)
        {
            // Not there yet, just renamed, or removed: the next look finds what there is.
            return null;
        }
    }

    /// <summary>Whether the open file has got its number, or those after it theirs.</summary>
    private bool WasRenamed()
    {
        try
        {
            return _file is not null && RolledFiles.LastOf(RolledFiles.TargetOf(path)) >= _next - 1;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether another file stands under the path now. A file has one length, whichever way one looks: when the path's is not
    /// between the open file's before and after, they are two.
    /// </summary>
    private bool WasReplaced()
    {
        if (_file is null)
        {
            return false;
        }

        var before = _file.Length;
        var named = new FileInfo(path);
        return !named.Exists || named.Length < before || named.Length > _file.Length;
    }

    private async Task SendWholeLinesAsync(Stream output, CancellationToken cancellationToken)
    {
        if (_file is null)
        {
            return;
        }

        if (_file.Length < _file.Position)
        {
            // Cut under us.
            _file.Position = 0;
        }

        int read;
        while ((read = await _file.ReadAtLeastAsync(_buffer, _buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
        {
            var whole = _buffer.AsSpan(0, read).LastIndexOf((byte)'\n') + 1;
            if (whole == 0 && read == _buffer.Length)
            {
                // One line longer than the buffer: passed on in pieces.
                whole = read;
            }

            _file.Position += whole - read;
            if (whole == 0)
            {
                return;
            }

            await output.WriteAsync(_buffer.AsMemory(0, whole), cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
    }

    private async Task<long> StartOfLastAsync(FileStream file, int lines, CancellationToken cancellationToken)
    {
        // Looking backwards, the first newline is the end of the last line and not the start of one.
        var wanted = lines + 1;
        for (var end = file.Length; end > 0;)
        {
            var start = Math.Max(0, end - _buffer.Length);
            file.Position = start;
            var block = _buffer.AsMemory(0, (int)(end - start));
            await file.ReadExactlyAsync(block, cancellationToken);
            for (var i = block.Length - 1; i >= 0; i--)
            {
                if (block.Span[i] == '\n' && --wanted == 0)
                {
                    return start + i + 1;
                }
            }

            end = start;
        }

        return 0;
    }
}
