using LogTailer.Files;
using LogTailer.Follow.Changes;

namespace LogTailer.Follow;

/// <summary>Finds the files that match the pattern. A directory is listed only when it may have changed.</summary>
internal sealed class DirectoryScanner(
    LogPattern pattern, TimeSpan pollInterval, ChangeListener changes, ScanSchedule schedule, FileProblems problems, TimeProvider time)
{
    /// <summary>
    /// For this long after a directory has changed it is listed at every poll: its modification time may be too coarse to show a second
    /// change.
    /// </summary>
    private static readonly TimeSpan SettlePeriod = TimeSpan.FromSeconds(2);

    // Reused for every scan: with thousands of files it is large.
    private readonly List<ScannedFile> _found = [];
    private DateTime _directoryModified;
    private long _directoryChangedAt;

    /// <summary>Whether the directory has not changed recently.</summary>
    public bool IsSettled => time.GetElapsedTime(_directoryChangedAt) >= SettlePeriod;

    /// <summary>Whether the directory may contain other files than at the last listing.</summary>
    public bool NeedsListing() => changes.NamesChanged || HasDirectoryChanged() || !IsSettled || problems.HasProblems;

    /// <summary>Lists the files that match a glob. The result is valid until the next scan.</summary>
    public List<ScannedFile> ListDirectory()
    {
        // Drain pending notifications; the listing below covers them.
        changes.DrainChanges();

        while (true)
        {
            changes.ClearNamesChanged();
            ListFiles();
            changes.DrainChanges();

            if (!changes.NamesChanged || schedule.Elapsed >= pollInterval / 4)
            {
                return _found;
            }

            // A file renamed during the listing was found twice or not at all, which would break the order. A rotation is a short
            // sequence of renames: list again when it is over.
            Thread.Sleep(1);
        }
    }

    /// <summary>Checks the single file of a pattern that is not a glob. The result is valid until the next scan.</summary>
    /// <param name="newest">The identity of the newest known file. When another file is found, its link target is watched.</param>
    public List<ScannedFile> ScanPath(FileIdentity? newest)
    {
        changes.ClearNamesChanged();
        _found.Clear();

        if (FileStat.TryReadPath(pattern.Text, out var stat) && !stat.IsDirectory)
        {
            if (newest != stat.Identity)
            {
                changes.WatchLinkTarget(pattern.Text);
            }

            _found.Add(new ScannedFile(pattern.Text, stat));
        }

        return _found;
    }

    private bool HasDirectoryChanged()
    {
        if (!FileStat.TryReadPath(pattern.Directory, out var directory))
        {
            return true;
        }

        if (directory.Modified == _directoryModified)
        {
            return false;
        }

        _directoryModified = directory.Modified;
        _directoryChangedAt = time.GetTimestamp();
        return true;
    }

    private void ListFiles()
    {
        _found.Clear();

        try
        {
            foreach (var path in Directory.EnumerateFiles(pattern.Directory))
            {
                if (pattern.MatchesName(Path.GetFileName(path.AsSpan())) && FileStat.TryReadPath(path, out var stat) && !stat.IsDirectory)
                {
                    _found.Add(new ScannedFile(path, stat));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // FileProblems determines and reports the cause.
        }
    }
}
