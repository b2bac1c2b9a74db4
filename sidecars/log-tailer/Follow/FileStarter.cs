using LogTailer.Checkpoint;
using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>Starts to follow a file: determines the offset from the checkpoint or from <c>Tail:From</c>.</summary>
internal sealed class FileStarter(TailOptions options, RestoredPositions restored, FileProblems problems, FileEvents events)
{
    // The size of files that existed at the first scan and could not be opened. With Tail:From=end that many of their bytes are skipped.
    private readonly Dictionary<FileIdentity, long> _unopenedAtFirstScan = [];

    /// <summary>Starts to follow a file that was not known at the last scan; null when it cannot be opened now.</summary>
    /// <param name="scanned">The file.</param>
    /// <param name="isFirstScan">Whether the file existed before this process started.</param>
    /// <param name="isRestored">Whether it continues at a position of the checkpoint.</param>
    public FollowedFile? StartFile(ScannedFile scanned, bool isFirstScan, out bool isRestored)
    {
        isRestored = false;
        var (path, stat) = scanned;
        var position = restored.FindPosition(path, stat.Identity);

        try
        {
            using var handle = LogFile.OpenShared(path);

            if (FileStat.ReadHandle(handle).Identity != stat.Identity)
            {
                // Replaced after the scan; the next scan finds the new file.
                KeepPosition(position);
                return null;
            }

            var fingerprint = Fingerprint.ComputeFrom(handle, position?.Fingerprint ?? default, out var matches);
            var offset = 0L;

            if (position is { } restoredPosition)
            {
                restored.RemoveMatched(restoredPosition);

                if (matches && restoredPosition.Offset <= stat.Size)
                {
                    (offset, isRestored) = (restoredPosition.Offset, true);
                }
                else
                {
                    events.OnContentReplaced(path);
                }
            }
            else if (restored.IsFirstStart && options.From == TailStart.End && GetSizeAtFirstScan(stat, isFirstScan) is { } size)
            {
                offset = BlockReader.FindLastLineEnd(handle, size);
            }

            problems.ReportReadable(path);
            events.OnFileFound(path, offset, stat.Size);
            return new FollowedFile(path, stat.Identity, fingerprint, offset) { Size = stat.Size, Modified = stat.Modified };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            KeepPosition(position);

            if (isFirstScan)
            {
                _unopenedAtFirstScan[stat.Identity] = stat.Size;
            }

            problems.ReportUnreadable(path, exception);
            return null;
        }
    }

    private void KeepPosition(CheckpointedPosition? position)
    {
        if (position is { } kept)
        {
            restored.KeepUnopened(kept);
        }
    }

    /// <summary>The size of the file at the first scan; null when it appeared later.</summary>
    private long? GetSizeAtFirstScan(FileStat stat, bool isFirstScan)
    {
        if (isFirstScan)
        {
            return stat.Size;
        }

        return _unopenedAtFirstScan.Remove(stat.Identity, out var size) ? Math.Min(size, stat.Size) : null;
    }
}
