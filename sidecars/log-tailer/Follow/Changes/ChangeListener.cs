namespace LogTailer.Follow.Changes;

/// <summary>
/// Waits for changes, records until the next scan that file names changed, and determines whether notifications are reliable.
/// </summary>
/// <remarks>Used by the follower's thread only, except for <see cref="CancelWaits"/>.</remarks>
internal sealed class ChangeListener(IChangeSignal signal, TimeProvider time)
{
    /// <summary>After a missed change, as on a network mount, notifications are considered unreliable for this long.</summary>
    private static readonly TimeSpan UnreliablePeriod = TimeSpan.FromMinutes(10);

    private bool _isWatched;
    private long? _missedAt;

    /// <summary>Whether file names changed since <see cref="ClearNamesChanged"/>; true before the first scan.</summary>
    public bool NamesChanged { get; private set; } = true;

    /// <summary>Whether notifications for the last watched directory are on, and none was missed recently.</summary>
    public bool IsReliable => _isWatched && (_missedAt is not { } missedAt || time.GetElapsedTime(missedAt) >= UnreliablePeriod);

    /// <summary>Watches the directory that contains the files.</summary>
    public void WatchDirectory(string directory) => _isWatched = signal.WatchDirectory(directory);

    /// <summary>Watches the directory of a symbolic link's final target: the notifications for the target arrive there.</summary>
    public void WatchLinkTarget(string path)
    {
        try
        {
            if (File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target
                && Path.GetDirectoryName(target.FullName) is { } directory)
            {
                signal.WatchDirectory(directory);
            }
        }
        catch (IOException)
        {
            // The link was removed in the meantime; the next scan handles that.
        }
    }

    /// <summary>Blocks until there is a change or <paramref name="timeout"/> has passed.</summary>
    public FileChange WaitForChange(TimeSpan timeout)
    {
        var change = signal.WaitForChange(timeout);
        NamesChanged |= change == FileChange.Names;
        return change;
    }

    /// <summary>Drains pending notifications without waiting; <see cref="NamesChanged"/> reflects them.</summary>
    public FileChange DrainChanges() => WaitForChange(TimeSpan.Zero);

    /// <summary>Requests a scan, as if file names had changed.</summary>
    public void RequestScan() => NamesChanged = true;

    /// <summary>Called when a scan starts.</summary>
    public void ClearNamesChanged() => NamesChanged = false;

    /// <summary>Records that polling found a change without a notification.</summary>
    public void RecordMissedChange() => _missedAt = time.GetTimestamp();

    /// <summary>Ends the current wait and all later ones. Called on any thread.</summary>
    public void CancelWaits() => signal.CancelWaits();
}
