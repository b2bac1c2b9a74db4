namespace LogTailer.Follow.Changes;

/// <summary>Change notification without inotify: FileSystemWatcher on macOS and Windows, or only polling when that fails.</summary>
internal sealed class WatcherSignal : IChangeSignal
{
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Dictionary<string, FileSystemWatcher> _watchers = [];
    private bool _namesChanged;
    private volatile bool _canceled;

    public bool WatchDirectory(string directory)
    {
        if (_watchers.ContainsKey(directory))
        {
            return true;
        }

        if (!Directory.Exists(directory))
        {
            return false;
        }

        try
        {
            var watcher = new FileSystemWatcher(directory)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            watcher.Changed += (_, _) => RecordChange(names: false);
            watcher.Created += (_, _) => RecordChange(names: true);
            watcher.Deleted += (_, _) => RecordChange(names: true);
            watcher.Renamed += (_, _) => RecordChange(names: true);
            watcher.Error += (_, _) => RecordChange(names: true);
            watcher.EnableRaisingEvents = true;
            _watchers.Add(directory, watcher);
            return true;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException or ArgumentException)
        {
            // Polling still works without the watcher.
            return false;
        }
    }

    public FileChange WaitForChange(TimeSpan timeout)
    {
        if (_canceled || !_changed.Wait(timeout))
        {
            return FileChange.None;
        }

        return Interlocked.Exchange(ref _namesChanged, false) ? FileChange.Names : FileChange.Content;
    }

    public void CancelWaits()
    {
        _canceled = true;
        ReleaseWaiter();
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers.Values)
        {
            watcher.Dispose();
        }
    }

    private void RecordChange(bool names)
    {
        if (names)
        {
            Volatile.Write(ref _namesChanged, true);
        }

        ReleaseWaiter();
    }

    private void ReleaseWaiter()
    {
        try
        {
            if (_changed.CurrentCount == 0)
            {
                _changed.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Another thread released the waiter at the same time.
        }
    }
}
