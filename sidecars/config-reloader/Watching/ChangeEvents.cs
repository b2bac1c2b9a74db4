using System.Threading.Channels;

namespace ConfigReloader.Watching;

/// <summary>
/// The kernel's word that something moved below a directory. Only a hint: what changed is found by reading, and what
/// the kernel does not tell (network file systems, spent inotify watches, a replaced directory) the poll finds.
/// </summary>
internal sealed class ChangeEvents : IDisposable
{
    private readonly string _directory;
    private readonly bool _recursive;

    // Holds at most one hint. Written by the file system watcher's thread, read by the watch's loop alone; never
    // completed, for it ends with the loop.
    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private FileSystemWatcher? _watcher;

    public ChangeEvents(string directory, bool recursive)
    {
        _directory = directory;
        _recursive = recursive;
    }

    /// <summary>Whether the kernel was asked successfully; otherwise <see cref="InactiveBecause"/> says why not.</summary>
    public bool Active => _watcher is not null;

    /// <summary>Why there are no events, or null.</summary>
    public string? InactiveBecause { get; private set; } = "not started";

    /// <summary>Asks the kernel anew, forgetting what was asked before. Does not throw: without events there is the poll.</summary>
    public void Restart()
    {
        _watcher?.Dispose();
        _watcher = null;
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(_directory)
            {
                IncludeSubdirectories = _recursive,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.CreationTime,
            };
            watcher.Changed += (_, _) => Hint();
            watcher.Created += (_, _) => Hint();
            watcher.Deleted += (_, _) => Hint();
            watcher.Renamed += (_, _) => Hint();
            watcher.Error += (_, error) =>
            {
                InactiveBecause = error.GetException().Message;
                Hint();
            };
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
            InactiveBecause = null;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            watcher?.Dispose();
            InactiveBecause = exception.Message;
        }
    }

    /// <summary>Wakes the loop as if something had changed.</summary>
    public void Hint() => _hints.Writer.TryWrite(true);

    /// <summary>Waits for a hint, at most <paramref name="atMost"/>; true if there was one.</summary>
    public async ValueTask<bool> WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_hints.Reader.TryRead(out _))
        {
            return true;
        }

        if (atMost <= TimeSpan.Zero)
        {
            return false;
        }

        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _hints.Reader.ReadAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Returns once there was no hint for <paramref name="quiet"/>, or after <paramref name="atMost"/> of unrest.</summary>
    public async ValueTask QuietAsync(TimeSpan quiet, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (await WaitAsync(quiet, time, cancellationToken) && time.GetElapsedTime(start) < atMost)
        {
            // More is coming; it is one change to the application.
        }
    }

    public void Dispose() => _watcher?.Dispose();
}
