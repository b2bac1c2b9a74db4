namespace LogTailer.Follow;

/// <summary>Change notification where there is no inotify: FileSystemWatcher on macOS and Windows, and nothing but polling where that fails too.</summary>
internal sealed class WatcherSignal : IChangeSignal
{
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Dictionary<string, FileSystemWatcher> _watchers = [];
    private volatile bool _namesChanged;

    public void Watch(string directory)
    {
        if (_watchers.ContainsKey(directory) || !Directory.Exists(directory))
        {
            return;
        }

        try
        {
            var watcher = new FileSystemWatcher(directory) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
            watcher.Changed += (_, _) => Notify(names: false);
            watcher.Created += (_, _) => Notify(names: true);
            watcher.Deleted += (_, _) => Notify(names: true);
            watcher.Renamed += (_, _) => Notify(names: true);
            watcher.EnableRaisingEvents = true;
            _watchers.Add(directory, watcher);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException or ArgumentException)
        {
            // The poll goes on without it.
        }
    }

    public Change Wait(TimeSpan atMost)
    {
        if (!_changed.Wait(atMost))
        {
            return Change.None;
        }

        var names = _namesChanged;
        _namesChanged = false;
        return names ? Change.Names : Change.Content;
    }

    public void Wake() => Release();

    public void Dispose()
    {
        foreach (var watcher in _watchers.Values)
        {
            watcher.Dispose();
        }
    }

    private void Notify(bool names)
    {
        _namesChanged |= names;
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
