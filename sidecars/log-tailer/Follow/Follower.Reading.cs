using LogTailer.Flow;

namespace LogTailer.Follow;

/// <content>Opening, reading to the end, and letting go.</content>
internal sealed partial class Follower
{
    private void OpenWhereNeeded()
    {
        var files = _files;
        var open = 0;

        for (var i = 0; i < files.Length; i++)
        {
            var file = files[i];
            var newest = i >= files.Length - NewestKeptOpen;

            // A truncated file has less than was read: that too is something to look at.
            if (file.Handle is null && (newest || (file.Size != file.ReadOffset && open < HeldOpen)))
            {
                TryOpen(file);
            }

            open += file.Handle is null ? 0 : 1;
        }
    }

    private bool TryOpen(FollowedFile file)
    {
        if (file.Handle is not null)
        {
            return true;
        }

        try
        {
            var handle = Open(file.Path);

            if (FileStat.Read(handle).Identity != file.Identity)
            {
                handle.Dispose();
                return false;
            }

            file.Handle = handle;
            Readable(file.Path);
            return true;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Unreadable(file.Path, exception);
            return false;
        }
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle Open(string path)
        => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private Progress DrainAll(CancellationToken abort)
    {
        var files = _files;
        var progress = Progress.None;

        for (var i = 0; i < files.Length; i++)
        {
            var file = files[i];

            if (file.Handle is null && (file.Size <= file.ReadOffset || !TryOpen(file)))
            {
                continue;
            }

            YoungGarbage.Collect();

            switch (Drain(file, abort))
            {
                case Progress.Blocked:
                    return Progress.Blocked;
                case Progress.Some:
                    progress = Progress.Some;
                    break;
            }

            if (file.Handle is not null && i < files.Length - NewestKeptOpen && file.LeftAt is null && file.ReadOffset == file.Size)
            {
                file.Close();
            }

            if (progress == Progress.Some && LookIsDue)
            {
                // So that a rotation is seen in time, however much there is to read; the oldest file comes first again.
                return progress;
            }
        }

        return progress;
    }

    private bool LookIsDue => time.GetElapsedTime(_listedAt) >= options.PollInterval;

    /// <summary>Reads one file up to its end, or until it is time to look around again, or the sink takes no more.</summary>
    private Progress Drain(FollowedFile file, CancellationToken abort)
    {
        var progress = Progress.None;

        try
        {
            var stat = FileStat.Read(file.Handle!);

            if (IsOtherContent(file, stat))
            {
                file = StartAnew(file, stat);
            }

            (file.Size, file.Modified) = (stat.Size, stat.Modified);

            if (file.SkippedAhead && !TellSkipped(file, abort))
            {
                return Progress.Blocked;
            }

            while (Math.Max(file.ReadOffset, file.ScannedTo) < file.Size && (file.ReadUntil is null || file.ReadOffset < file.ReadUntil))
            {
                if (file.ReadOffset == 0)
                {
                    BlockReader.SkipByteOrderMark(file);
                }

                var block = pool.Rent(options.PollInterval, abort);

                if (block is null)
                {
                    if (onFull == WhenFull.Drop)
                    {
                        Drop(file);
                    }

                    return Progress.Blocked;
                }

                if (!_reader.TryRead(file, block))
                {
                    pool.Return(block);
                    break;
                }

                progress = Progress.Some;
                blocks.TryWrite(block);

                if (LookIsDue)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Unreadable(file.Path, exception);
            file.Close();
        }

        return progress;
    }

    /// <summary>Whether the file was truncated, or filled anew, since the last look.</summary>
    private bool IsOtherContent(FollowedFile file, FileStat stat)
    {
        if (stat.Size < Math.Max(file.ReadOffset, file.ScannedTo))
        {
            metrics.Rotated("truncate");
            Log.Truncated(logger, file.Path, stat.Size, file.ReadOffset);
            return true;
        }

        if (file.Verified == (stat.Size, stat.Modified))
        {
            return false;
        }

        file.Verified = (stat.Size, stat.Modified);

        var fingerprint = Fingerprint.Take(file.Handle!, file.Fingerprint, out var fits);

        if (fits)
        {
            file.Fingerprint = fingerprint;
            return false;
        }

        metrics.Rotated("replace");
        Log.Replaced(logger, file.Path);
        return true;
    }

    private FollowedFile StartAnew(FollowedFile old, FileStat stat)
    {
        var fresh = new FollowedFile(old.Path, old.Identity, Fingerprint.Take(old.Handle!, default, out _), 0)
        {
            Handle = old.Handle,
            Verified = (stat.Size, stat.Modified),
            Size = stat.Size,
            Modified = stat.Modified,
            LeftAt = old.LeftAt,
            Deleted = old.Deleted,
            ReadUntil = old.ReadUntil is null ? null : stat.Size,
        };

        // The old object lives on where its lines are in flight; the open file is the fresh one's.
        old.Handle = null;
        _byIdentity[fresh.Identity] = fresh;
        _files = [.. _files.Select(file => ReferenceEquals(file, old) ? fresh : file)];
        positionsChanged();
        return fresh;
    }

    private void Drop(FollowedFile file)
    {
        var dropped = _reader.SkipLines(file, _scratch ??= new Block());

        if (dropped > 0)
        {
            file.SkippedAhead = true;
            metrics.Dropped(dropped);
            problems.Report("sink", "The sink takes nothing, and lines are dropped as Sink:OnFull says.", "See why the sink does not take lines; to lose none set Sink:OnFull to wait.");
        }
    }

    /// <summary>Sends an empty block, so that the sink's side acknowledges past what was dropped, in its turn.</summary>
    private bool TellSkipped(FollowedFile file, CancellationToken abort)
    {
        var block = pool.Rent(options.PollInterval, abort);

        if (block is null)
        {
            return false;
        }

        block.Fill(file, file.ReadOffset, file.ReadOffset, 0, options.MaxLineBytes);
        file.SkippedAhead = false;
        blocks.TryWrite(block);
        return true;
    }

    /// <summary>Closes files that have left and are read to their end, once nothing more is to be expected of them.</summary>
    private void LetGo(CancellationToken abort)
    {
        foreach (var file in _files)
        {
            if (file.LeftAt is not { } leftAt)
            {
                continue;
            }

            if (file.Handle is not null && !_finishing && IsQuiet(file, leftAt) && HasSuccessor(file) && !ShipTail(file, abort))
            {
                return;
            }

            if (file.Handle is null && file.Settled)
            {
                if (file.ReadOffset < file.Size)
                {
                    Log.Lost(logger, file.Path, file.Size - file.ReadOffset, HeldOpen);
                }

                _byIdentity.Remove(file.Identity);
                _files = [.. _files.Where(other => !ReferenceEquals(other, file))];
                positionsChanged();
                Log.LetGo(logger, file.Path);
            }
        }
    }

    private bool IsQuiet(FollowedFile file, long leftAt)
        => time.GetElapsedTime(leftAt) >= options.RotateWait && time.GetUtcNow().UtcDateTime - file.Modified >= options.RotateWait;

    /// <summary>A file that was renamed and has no successor yet is still the log: its writer has not noticed.</summary>
    private bool HasSuccessor(FollowedFile file) => file.Deleted || pattern.IsGlob || WaitingFor is null;

    /// <summary>What stands after the last line's end in a file that is let go will never be finished: it goes out as a line.</summary>
    private bool ShipTail(FollowedFile file, CancellationToken abort)
    {
        while (FileStat.Read(file.Handle!).Size > file.ReadOffset)
        {
            var block = pool.Rent(options.PollInterval, abort);

            if (block is null)
            {
                return false;
            }

            if (!_reader.TryRead(file, block))
            {
                if (!_reader.TryReadTail(file, block))
                {
                    pool.Return(block);
                    break;
                }

                Log.TornLine(logger, file.Path, block.End - block.Start);
            }

            blocks.TryWrite(block);
        }

        file.Close();
        return true;
    }
}
