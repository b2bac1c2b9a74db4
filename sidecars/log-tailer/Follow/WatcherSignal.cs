namespace LogTailer.Follow;

/// <summary>Change notification where there is no inotify: FileSystemWatcher on macOS and Windows, and nothing but polling where that fails too.</summary>
internal sealed class WatcherSignal : IChangeSignal
{
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Dictionary<string, FileSystemWatcher> _watchers = [];
    private bool _namesChanged;
    private volatile bool _ended;

    public bool Watch(string directory)
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
            var watcher = new FileSystemWatcher(directory) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
            watcher.Changed += (_, _) => Notify(names: false);
            watcher.Created += (_, _) => Notify(names: true);
            watcher.Deleted += (_, _) => Notify(names: true);
            watcher.Renamed += (_, _) => Notify(names: true);
            watcher.Error += (_, _) => Notify(names: true);
            watcher.EnableRaisingEvents = true;
            _watchers.Add(directory, watcher);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException or ArgumentException)
        {
            // The poll goes on without it.
            return false;
        }
    }

    public Change Wait(TimeSpan atMost)
    {
        if (_ended || !_changed.Wait(atMost))
        {
            return Change.None;
        }

        return Interlocked.Exchange(ref _namesChanged, false) ? Change.Names : Change.Content;
    }

    public void EndWaits()
    {
        _ended = true;
        Release();
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers.Values)
        {
            watcher.Dispose();
        }
    }

    private void Notify(bool names)
    {
        if (names)
        {
            Volatile.Write(ref _namesChanged, true);
        }

        Release();
    }

    private void Release()
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
            // Two at once: one of them has said it.
        }
    }
}
