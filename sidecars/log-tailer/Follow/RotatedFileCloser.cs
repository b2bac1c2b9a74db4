using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>
/// Closes rotated files when no more lines are expected, and removes them from the known files when everything is acknowledged.
/// </summary>
internal sealed class RotatedFileCloser(
    LogPattern pattern,
    TailOptions options,
    KnownFiles files,
    FileReader reader,
    FileProblems problems,
    FileEvents events,
    TimeProvider time)
{
    /// <summary>Finishes, closes and removes rotated files as far as possible.</summary>
    /// <param name="isStopping">Whether reading is about to stop: then incomplete last lines stay in the file for the next run.</param>
    /// <param name="abort">Cancels waiting for a free block.</param>
    public void CloseFinishedFiles(bool isStopping, CancellationToken abort)
    {
        foreach (var file in files.Ordered)
        {
            if (file.RotatedAt is not { } rotatedAt)
            {
                continue;
            }

            if (file.Handle is not null
                && !isStopping
                && IsQuiet(file, rotatedAt)
                && HasSuccessor(file)
                && !reader.TryFinishFile(file, abort))
            {
                return;
            }

            if (file.Handle is null && file.IsFullyAcknowledged)
            {
                RemoveFile(file);
            }
        }
    }

    /// <summary>Checks which of the rotated files have been deleted.</summary>
    public void DetectDeletedFiles()
    {
        foreach (var file in files.Ordered)
        {
            if (file is { Handle: { } handle, RotatedAt: not null, IsDeleted: false })
            {
                file.IsDeleted = LogFile.IsDeleted(handle);
            }
        }
    }

    private bool IsQuiet(FollowedFile file, long rotatedAt)
        => time.GetElapsedTime(rotatedAt) >= options.RotateWait && time.GetUtcNow().UtcDateTime - file.Modified >= options.RotateWait;

    /// <summary>A renamed file without a successor is still the current log: the writer has not reopened its path yet.</summary>
    private bool HasSuccessor(FollowedFile file) => file.IsDeleted || pattern.IsGlob || problems.WaitingFor is null;

    private void RemoveFile(FollowedFile file)
    {
        if (file.ReadOffset < file.Size)
        {
            events.OnFileLost(file.Path, file.Size - file.ReadOffset, FileOpener.MaxOpenFiles);
        }

        files.RemoveFile(file);
        events.OnPositionsChanged();
        events.OnFileClosed(file.Path);
    }
}
