using LogTailer.Blocks;
using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>Reads one file at a time into blocks and passes them to the sink; detects truncated and replaced content.</summary>
internal sealed class FileReader(
    TailOptions options, BlockQueue queue, KnownFiles files, FileEvents events, FileProblems problems, ScanSchedule schedule)
{
    private readonly BlockReader _reader = new(options.MaxLineBytes);
    private Block? _scratch;

    /// <summary>Reads an open file up to its end, until the next scan is due, or until no block is free.</summary>
    public ReadProgress ReadFile(FollowedFile file, CancellationToken abort)
    {
        var progress = ReadProgress.None;

        try
        {
            var stat = FileStat.ReadHandle(file.Handle!);

            if (IsContentReplaced(file, stat))
            {
                file = RestartFile(file, stat);
            }

            (file.Size, file.Modified) = (stat.Size, stat.Modified);

            if (file.HasUnreportedDrop && !TryReportDrop(file, abort))
            {
                return ReadProgress.Blocked;
            }

            while (HasUnreadBytes(file))
            {
                if (file.ReadOffset == 0)
                {
                    BlockReader.SkipByteOrderMark(file);
                }

                var block = queue.RentBlock(options.PollInterval, abort);

                if (block is null)
                {
                    if (queue.DropsLines)
                    {
                        DropLines(file);
                    }

                    return ReadProgress.Blocked;
                }

                if (!_reader.TryReadLines(file, block))
                {
                    queue.ReturnBlock(block);
                    break;
                }

                progress = ReadProgress.Some;
                queue.EnqueueBlock(block);

                if (schedule.IsDue)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.ReportUnreadable(file.Path, exception);
            file.CloseHandle();
        }

        return progress;
    }

    /// <summary>Reads what remains of a rotated file, including a last line without line end, and closes the file.</summary>
    /// <returns>False when no block is free; call again later.</returns>
    public bool TryFinishFile(FollowedFile file, CancellationToken abort)
    {
        while (FileStat.ReadHandle(file.Handle!).Size > file.ReadOffset)
        {
            var block = queue.RentBlock(options.PollInterval, abort);

            if (block is null)
            {
                return false;
            }

            if (!_reader.TryReadLines(file, block))
            {
                if (!_reader.TryReadPartialLine(file, block))
                {
                    queue.ReturnBlock(block);
                    break;
                }

                events.OnPartialLineShipped(file.Path, block.End - block.Start);
            }

            queue.EnqueueBlock(block);
        }

        file.CloseHandle();
        return true;
    }

    private static bool HasUnreadBytes(FollowedFile file) => Math.Max(file.ReadOffset, file.ScannedTo) < file.Size
        && (file.StopOffset is null || file.ReadOffset < file.StopOffset);

    /// <summary>Whether the file was truncated or its content replaced since the last check.</summary>
    private bool IsContentReplaced(FollowedFile file, FileStat stat)
    {
        if (stat.Size < Math.Max(file.ReadOffset, file.ScannedTo))
        {
            events.OnFileTruncated(file.Path, stat.Size, file.ReadOffset);
            return true;
        }

        if (file.Verified == (stat.Size, stat.Modified))
        {
            return false;
        }

        file.Verified = (stat.Size, stat.Modified);
        var fingerprint = Fingerprint.ComputeFrom(file.Handle!, file.Fingerprint, out var matches);

        if (matches)
        {
            file.Fingerprint = fingerprint;
            return false;
        }

        events.OnContentReplaced(file.Path);
        return true;
    }

    private FollowedFile RestartFile(FollowedFile replaced, FileStat stat)
    {
        var fresh = new FollowedFile(replaced.Path, replaced.Identity, Fingerprint.ComputeFrom(replaced.Handle!, default, out _), 0)
        {
            Handle = replaced.Handle,
            Verified = (stat.Size, stat.Modified),
            Size = stat.Size,
            Modified = stat.Modified,
            RotatedAt = replaced.RotatedAt,
            IsDeleted = replaced.IsDeleted,
            StopOffset = replaced.StopOffset is null ? null : stat.Size,
        };

        // Blocks in flight still refer to the replaced object; the handle belongs to the new one.
        replaced.Handle = null;
        files.ReplaceFile(replaced, fresh);
        events.OnPositionsChanged();
        return fresh;
    }

    private void DropLines(FollowedFile file)
    {
        var dropped = _reader.SkipLines(file, _scratch ??= new Block());

        if (dropped > 0)
        {
            file.HasUnreportedDrop = true;
            queue.ReportDroppedLines(dropped);
        }
    }

    /// <summary>Enqueues an empty block, so that the sink's side acknowledges past the dropped lines, in order.</summary>
    private bool TryReportDrop(FollowedFile file, CancellationToken abort)
    {
        var block = queue.RentBlock(options.PollInterval, abort);

        if (block is null)
        {
            return false;
        }

        block.SetContent(file, file.ReadOffset, file.ReadOffset, 0, options.MaxLineBytes);
        file.HasUnreportedDrop = false;
        queue.EnqueueBlock(block);
        return true;
    }
}
