namespace Agent.Logs;

/// <summary>Sends the request log's whole lines, across its rolling: what is left of a renamed file comes before the new one.</summary>
internal sealed class LogReader(string path, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How soon a follower sees a line.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _buffer = new byte[64 * 1024];
    private FileStream? _file;

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
            TryOpen();
            var replaced = WasReplaced();
            await SendWholeLinesAsync(output, cancellationToken);
            if (replaced)
            {
                await DisposeAsync();
            }
        }
        while (follow && await timer.WaitForNextTickAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        if (_file is { } file)
        {
            _file = null;
            await file.DisposeAsync();
        }
    }

    private void TryOpen()
    {
        try
        {
            _file ??= new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Not there yet, or just renamed: the next look finds it.
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
