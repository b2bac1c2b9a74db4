namespace LogTailer.Follow.Changes;

/// <summary>Notifies of changes in watched directories. It may miss some, so the caller also scans at every poll interval.</summary>
internal interface IChangeSignal : IDisposable
{
    /// <summary>Watches a directory. Repeated calls have no effect unless the directory was deleted and created again.</summary>
    /// <returns>Whether it is watched: false when the directory is missing or the system has no watch left.</returns>
    bool WatchDirectory(string directory);

    /// <summary>Blocks until there is a change, <paramref name="timeout"/> has passed, or <see cref="CancelWaits"/> is called.</summary>
    FileChange WaitForChange(TimeSpan timeout);

    /// <summary>Ends the current wait and all later ones. Called on any thread.</summary>
    void CancelWaits();
}
