using System.Threading.Channels;

namespace ConfigReloader.Watching;

/// <summary>
/// The kernel's notifications of changes below a directory. They only say when to read; what changed is found by comparing
/// content. Polling finds the changes that the kernel does not report (network file systems, an exhausted inotify limit, a
/// replaced directory).
/// </summary>
internal sealed class ChangeEvents : IDisposable
{
    private readonly string _directory;
    private readonly bool _recursive;

    // Holds at most one notification. Written by the thread of the file system watcher, read only by the loop of the watch,
    // and never completed because it lives as long as the loop.
    private readonly Channel<bool> _notifications = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private FileSystemWatcher? _watcher;

    public ChangeEvents(string directory, bool recursive)
    {
        _directory = directory;
        _recursive = recursive;
    }

    /// <summary>Whether the kernel reports changes; otherwise <see cref="UnavailableReason"/> says why not.</summary>
    public bool IsActive => _watcher is not null;

    /// <summary>Why the kernel reports no changes, or null.</summary>
    public string? UnavailableReason { get; private set; } = "not started";

    /// <summary>Subscribes to the kernel's notifications, replacing an earlier subscription. Never throws: polling remains.</summary>
    public void RestartListening()
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
            watcher.Changed += (_, _) => NotifyChange();
            watcher.Created += (_, _) => NotifyChange();
            watcher.Deleted += (_, _) => NotifyChange();
            watcher.Renamed += (_, _) => NotifyChange();
            watcher.Error += (_, error) =>
            {
                UnavailableReason = error.GetException().Message;
                NotifyChange();
            };
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
            UnavailableReason = null;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            watcher?.Dispose();
            UnavailableReason = exception.Message;
        }
    }

    /// <summary>Waits for a notification.</summary>
    /// <returns>False if there was none within the timeout.</returns>
    public async ValueTask<bool> WaitForChangeAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_notifications.Reader.TryRead(out _))
        {
            return true;
        }

        if (timeout <= TimeSpan.Zero)
        {
            return false;
        }

        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await _notifications.Reader.ReadAsync(linked.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Returns after a quiet period without notifications, or after <paramref name="maximum"/> even if they continue.</summary>
    public async ValueTask WaitUntilQuietAsync(TimeSpan quiet, TimeSpan maximum, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (await WaitForChangeAsync(quiet, time, cancellationToken) && time.GetElapsedTime(start) < maximum)
        {
            // Notifications that follow each other closely are one change to the application.
        }
    }

    public void Dispose() => _watcher?.Dispose();

    private void NotifyChange() => _notifications.Writer.TryWrite(true);
}
