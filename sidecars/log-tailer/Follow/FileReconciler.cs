using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>
/// Compares the files of a scan with the known files: recognizes renamed files, starts new ones, and marks missing ones.
/// </summary>
internal sealed class FileReconciler(
    LogPattern pattern, KnownFiles files, RestoredPositions restored, FileStarter starter, FileEvents events, TimeProvider time)
{
    // Reused for every scan: with thousands of files it is large.
    private readonly HashSet<FollowedFile> _seen = [];
    private bool _isFirstScan = true;

    /// <summary>Updates the known files from a scan.</summary>
    /// <returns>Whether the set of files or their order may have changed.</returns>
    public bool ReconcileFiles(List<ScannedFile> found)
    {
        events.OnScanStarted();
        restored.ClearUnopened();
        _seen.Clear();
        var orderChanged = _isFirstScan;
        var membersChanged = false;

        foreach (var scanned in found)
        {
            if (files.TryFindFile(scanned.Stat.Identity, out var known))
            {
                orderChanged |= UpdateFile(known, scanned);
                _seen.Add(known);
            }
            else if (starter.StartFile(scanned, _isFirstScan, out _) is { } started)
            {
                files.AddFile(started);
                _seen.Add(started);
                membersChanged = true;
            }
        }

        membersChanged |= MarkRotatedFiles();

        if (_isFirstScan)
        {
            AddFilesRotatedWhileDown();
        }

        var isChanged = membersChanged || orderChanged;

        if (isChanged)
        {
            files.PublishOrder();
        }

        CompleteScan(found.Count > 0, membersChanged);
        return isChanged;
    }

    private void CompleteScan(bool hasFiles, bool membersChanged)
    {
        // A missing directory is a volume that is mounted late: it does not count as the first scan.
        if ((hasFiles || Directory.Exists(pattern.Directory)) && (membersChanged || _isFirstScan))
        {
            _isFirstScan = false;
            events.OnPositionsChanged();
        }

        events.OnScanFinished();

        if (hasFiles && !restored.IsEmpty)
        {
            restored.RemoveMissing();
        }

        restored.PublishUnmatched();
    }

    /// <summary>Applies the scanned state to a known file.</summary>
    /// <returns>Whether its place in the order may have changed.</returns>
    private bool UpdateFile(FollowedFile file, ScannedFile scanned)
    {
        var (path, stat) = scanned;
        var orderChanged = file.RotatedAt is not null || file.Modified != stat.Modified || file.Path != path;
        (file.RotatedAt, file.IsDeleted) = (null, false);

        // With two hard links to one file the scan finds it twice. The first path counts.
        if (file.Path != path && !_seen.Contains(file))
        {
            events.OnFileRenamed(file.Path, path);
            file.Path = path;
        }

        (file.Size, file.Modified) = (stat.Size, stat.Modified);
        return orderChanged;
    }

    private bool MarkRotatedFiles()
    {
        var anyRotated = false;

        foreach (var file in files.Unordered)
        {
            if (file.RotatedAt is not null || _seen.Contains(file))
            {
                continue;
            }

            file.RotatedAt = time.GetTimestamp();
            file.IsDeleted = file.Handle is { } handle && LogFile.IsDeleted(handle);
            events.OnFileRotated(file, isSymbolicLink: new FileInfo(pattern.Text).LinkTarget is not null);
            anyRotated = true;
        }

        return anyRotated;
    }

    /// <summary>
    /// Finds files of the checkpoint that were renamed out of the pattern while the tailer was down: they are finished first.
    /// </summary>
    private void AddFilesRotatedWhileDown()
    {
        if (restored.IsEmpty)
        {
            return;
        }

        try
        {
            foreach (var path in Directory.EnumerateFiles(pattern.Directory))
            {
                if (pattern.MayBeRotatedName(Path.GetFileName(path.AsSpan()))
                    && FileStat.TryReadPath(path, out var stat)
                    && restored.ContainsIdentity(stat.Identity)
                    && !files.ContainsIdentity(stat.Identity)
                    && starter.StartFile(new ScannedFile(path, stat), _isFirstScan, out var isRestored) is { } file
                    && isRestored)
                {
                    files.AddFile(file);
                    file.RotatedAt = time.GetTimestamp();
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The rotated file cannot be finished. The scan reports the cause.
        }
    }
}
