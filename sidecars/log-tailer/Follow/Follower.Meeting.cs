using LogTailer.Checkpoint;
using LogTailer.Flow;
using Microsoft.Win32.SafeHandles;

namespace LogTailer.Follow;

/// <content>Which files there are, and which of them are known.</content>
internal sealed partial class Follower
{
    /// <summary>Takes a look at which files there are. The directory is listed only where it has changed.</summary>
    private void Look()
    {
        _listedAt = time.GetTimestamp();
        Interlocked.Increment(ref _looks);
        _isWatched = signal.Watch(pattern.Directory);

        if (pattern.IsGlob)
        {
            if (_namesChanged || DirectoryHasChanged())
            {
                Meet(List());
            }
            else
            {
                LookAtResting();
            }
        }
        else
        {
            _namesChanged = false;
            MeetThePath();
        }

        LookAtOpenFiles();
    }

    private bool DirectoryHasChanged()
    {
        if (!FileStat.TryRead(pattern.Directory, out var directory))
        {
            return true;
        }

        if (directory.Modified != _directoryModified)
        {
            _directoryModified = directory.Modified;
            _directoryChangedAt = time.GetTimestamp();
            return true;
        }

        return time.GetElapsedTime(_directoryChangedAt) < DirectorySettles || WaitingFor is not null || _unreadable.Count > 0;
    }

    private List<(string Path, FileStat Stat)> List()
    {
        // What is told so far is told of what will be seen now.
        Listen(TimeSpan.Zero);

        while (true)
        {
            _namesChanged = false;
            ListOnce();
            Listen(TimeSpan.Zero);

            if (!_namesChanged || time.GetElapsedTime(_listedAt) >= options.PollInterval / 4)
            {
                return _found;
            }

            // A file that was renamed meanwhile was met twice, or not at all, and would be read out of its turn. A rotation is a
            // row of renames: its end is near.
            Thread.Sleep(1);
        }
    }

    private void ListOnce()
    {
        _found.Clear();

        try
        {
            foreach (var path in Directory.EnumerateFiles(pattern.Directory))
            {
                if (pattern.Matches(Path.GetFileName(path.AsSpan())) && FileStat.TryRead(path, out var stat) && !stat.IsDirectory)
                {
                    _found.Add((path, stat));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The diagnosis finds out why, and says it.
        }
    }

    private void MeetThePath()
    {
        if (FileStat.TryRead(pattern.Text, out var stat) && !stat.IsDirectory)
        {
            // Events come from the directory that a link's target lies in, not from the link's.
            if (_files.Length == 0 || _files[^1].Identity != stat.Identity)
            {
                WatchLinkTarget();
            }

            Meet([(pattern.Text, stat)]);
        }
        else
        {
            Meet([]);
        }
    }

    private void WatchLinkTarget()
    {
        try
        {
            if (File.ResolveLinkTarget(pattern.Text, returnFinalTarget: true) is { } target && Path.GetDirectoryName(target.FullName) is { } directory)
            {
                signal.Watch(directory);
            }
        }
        catch (IOException)
        {
            // It went away in between; the next look sees.
        }
    }

    /// <summary>Brings what is known into line with what has been found.</summary>
    private void Meet(List<(string Path, FileStat Stat)> found)
    {
        var (members, order) = (false, _firstLook);
        _toldFound = 0;
        var seen = _seen;
        seen.Clear();
        _unopened.Clear();

        foreach (var (path, stat) in found)
        {
            if (_byIdentity.TryGetValue(stat.Identity, out var file))
            {
                order |= file.LeftAt is not null || file.Modified != stat.Modified || file.Path != path;
                (file.LeftAt, file.Deleted) = (null, false);
                Refresh(file, path, stat, first: !seen.Contains(file));
            }
            else if ((file = Begin(path, stat, out _)) is not null)
            {
                _byIdentity.Add(stat.Identity, file);
                members = true;
            }

            if (file is not null)
            {
                seen.Add(file);
            }
        }

        var files = new List<FollowedFile>(_byIdentity.Values);

        foreach (var file in files)
        {
            if (file.LeftAt is null && !seen.Contains(file))
            {
                Left(file);
                members = true;
            }
        }

        if (_firstLook)
        {
            files.AddRange(FindRotatedWhileDown());
        }

        if (members || order)
        {
            files.Sort(RotationOrder.Instance);
            _files = [.. files];
            OpenWhereNeeded();
        }

        Explain(found);
        var begun = found.Count > 0 || Directory.Exists(pattern.Directory);

        if (begun && (members || _firstLook))
        {
            _firstLook = false;
            positionsChanged();
        }

        if (_toldFound > FilesTold)
        {
            Log.FoundMore(logger, _toldFound - FilesTold);
        }

        if (found.Count > 0 && _restored.Count > 0)
        {
            // What the checkpoint knows and nobody has found by now does not exist any more. What must not be read yet does.
            foreach (var identity in _restored.Keys.ToArray())
            {
                if (!_unopened.Contains(identity))
                {
                    _restored.Remove(identity);
                }
            }
        }

        if (_unmatched.Length != _restored.Count)
        {
            _unmatched = [.. _restored.Values];
        }
    }

    private void Refresh(FollowedFile file, string path, FileStat stat, bool first)
    {
        // Two names for one file (a link beside it): the one that it had stays.
        if (first && file.Path != path)
        {
            Log.Renamed(logger, file.Path, path);
            metrics.Rotated("rename");
            file.Path = path;
        }

        (file.Size, file.Modified) = (stat.Size, stat.Modified);
    }

    /// <summary>A file that was not there at the last look: known from the checkpoint, or new.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="stat">What was found there.</param>
    /// <param name="goesOn">Whether it is the one that the checkpoint knows, wherever in it that stands.</param>
    private FollowedFile? Begin(string path, FileStat stat, out bool goesOn)
    {
        goesOn = false;
        YoungGarbage.Collect();
        var known = _restored.TryGetValue(stat.Identity, out var position) ? (CheckpointedPosition?)position : FindOfOtherDevice(path, stat);

        try
        {
            using var handle = Open(path);

            if (FileStat.Read(handle).Identity != stat.Identity)
            {
                KeepForLater(known);

                // Replaced since it was listed; the next look meets the new one.
                return null;
            }

            var fingerprint = Fingerprint.Take(handle, known?.Fingerprint ?? default, out var fits);
            var offset = 0L;

            if (known is { } restoredPosition)
            {
                _restored.Remove(restoredPosition.Identity);

                if (fits && restoredPosition.Offset <= stat.Size)
                {
                    (offset, goesOn) = (restoredPosition.Offset, true);
                }
                else
                {
                    metrics.Rotated("replace");
                    Log.Replaced(logger, path);
                }
            }
            else if (restored is null && options.From == TailStart.End && StoodThereAtFirst(stat) is { } size)
            {
                offset = BlockReader.LastLineEnd(handle, size);
            }

            Readable(path);
            TellFound(path, offset, stat.Size);
            return new FollowedFile(path, stat.Identity, fingerprint, offset) { Size = stat.Size, Modified = stat.Modified };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            KeepForLater(known);

            if (_firstLook)
            {
                _unopenedAtFirst[stat.Identity] = stat.Size;
            }

            Unreadable(path, exception);
            return null;
        }
    }

    private void KeepForLater(CheckpointedPosition? known)
    {
        if (known is { } position)
        {
            _unopened.Add(position.Identity);
        }
    }

    /// <summary>How much of a file stood there at the first look; null where it came later.</summary>
    private long? StoodThereAtFirst(FileStat stat)
        => _firstLook ? stat.Size : _unopenedAtFirst.Remove(stat.Identity, out var size) ? Math.Min(size, stat.Size) : null;

    private void TellFound(string path, long offset, long size)
    {
        if (++_toldFound <= FilesTold)
        {
            Log.Found(logger, path, offset, size);
        }
    }

    /// <summary>Device numbers can change with a reboot; the rest still tells.</summary>
    private CheckpointedPosition? FindOfOtherDevice(string path, FileStat stat)
    {
        foreach (var position in _restored.Values)
        {
            if (position.Identity.Inode == stat.Identity.Inode && position.Path == path && position.Fingerprint.Length > 0)
            {
                return position;
            }
        }

        return null;
    }

    private static Dictionary<FileIdentity, CheckpointedPosition> ByIdentity(IReadOnlyList<CheckpointedPosition>? positions)
    {
        var byIdentity = new Dictionary<FileIdentity, CheckpointedPosition>();

        foreach (var position in positions ?? [])
        {
            byIdentity[position.Identity] = position;
        }

        return byIdentity;
    }

    private void Left(FollowedFile file)
    {
        file.LeftAt = time.GetTimestamp();
        file.Deleted = file.Handle is { } handle && HasNoName(handle);
        metrics.Rotated(file.Deleted ? "delete" : new FileInfo(pattern.Text).LinkTarget is null ? "rename" : "symlink");
        Log.Left(logger, file.Path, file.Deleted ? "deleted" : "renamed or replaced");
    }

    /// <summary>The file of a checkpoint may have been renamed out of the pattern while nobody looked: it is finished first.</summary>
    private List<FollowedFile> FindRotatedWhileDown()
    {
        var rotated = new List<FollowedFile>();

        if (_restored.Count == 0)
        {
            return rotated;
        }

        try
        {
            foreach (var path in Directory.EnumerateFiles(pattern.Directory))
            {
                if (pattern.MayBeRotated(Path.GetFileName(path.AsSpan()))
                    && FileStat.TryRead(path, out var stat)
                    && _restored.ContainsKey(stat.Identity)
                    && !_byIdentity.ContainsKey(stat.Identity)
                    && Begin(path, stat, out var goesOn) is { } file
                    && goesOn)
                {
                    _byIdentity.Add(stat.Identity, file);
                    file.LeftAt = time.GetTimestamp();
                    rotated.Add(file);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Then it cannot be finished; the diagnosis says why.
        }

        return rotated;
    }

    private void Explain(List<(string Path, FileStat Stat)> found)
    {
        if (found.Count > 0)
        {
            if (WaitingFor is not null)
            {
                Volatile.Write(ref _waitingFor, null);
                problems.Clear(FileDiagnosis.MissingArea);
            }

            if (_unreadable.Count > 0 && _unreadable.RemoveWhere(path => !found.Exists(entry => entry.Path == path)) > 0)
            {
                Readable(path: "");
            }

            return;
        }

        var (what, remedy, expected) = _diagnosis.WhyNothing();

        if (what == WaitingFor)
        {
            return;
        }

        Volatile.Write(ref _waitingFor, what);

        if (expected)
        {
            problems.Clear(FileDiagnosis.MissingArea);
            Log.Waiting(logger, what, remedy);
        }
        else
        {
            problems.Report(FileDiagnosis.MissingArea, what, remedy);
        }
    }

    private void Unreadable(string path, Exception exception)
    {
        var (what, remedy) = FileDiagnosis.WhyUnreadable(path, exception);
        _unreadable.Add(path);
        problems.Report(FileDiagnosis.UnreadableArea, what, remedy, exception);
    }

    private void Readable(string path)
    {
        _unreadable.Remove(path);

        if (_unreadable.Count == 0)
        {
            problems.Clear(FileDiagnosis.UnreadableArea);
        }
    }

    /// <summary>Looks for late lines in some of the files that rest, in turn.</summary>
    private void LookAtResting()
    {
        var files = _files;

        for (var looked = 0; looked < Math.Min(RestingLooks, files.Length); looked++)
        {
            _nextResting = _nextResting >= files.Length - 1 ? 0 : _nextResting + 1;
            var file = files[_nextResting];

            if (file.Handle is not null || file.LeftAt is not null || !FileStat.TryRead(file.Path, out var stat))
            {
                continue;
            }

            if (stat.Identity != file.Identity)
            {
                Meet(List());
                return;
            }

            if (stat.Size != file.Size || stat.Modified != file.Modified)
            {
                (file.Size, file.Modified) = (stat.Size, stat.Modified);
                TryOpen(file);
            }
        }
    }

    private void LookAtOpenFiles()
    {
        foreach (var file in _files)
        {
            if (file is { Handle: { } handle, LeftAt: not null, Deleted: false })
            {
                file.Deleted = HasNoName(handle);
            }
        }
    }

    private static bool HasNoName(SafeFileHandle handle)
    {
        try
        {
            return FileStat.Read(handle).Links == 0;
        }
        catch (IOException)
        {
            // A server that has deleted it does not know it any more.
            return true;
        }
    }
}
