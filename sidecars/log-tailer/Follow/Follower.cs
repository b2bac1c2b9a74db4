using System.Threading.Channels;
using Hosting;
using LogTailer.Checkpoint;
using LogTailer.Flow;

namespace LogTailer.Follow;

/// <summary>
/// Follows the files under a pattern for one sink: finds them, tells by identity and fingerprint which is which through
/// every rotation, and hands on blocks of whole lines, oldest file first. It never waits for a single file, and memory in
/// flight is what the pool holds.
/// </summary>
/// <remarks>Completes the channel when it is done; the sink drains it.</remarks>
internal sealed partial class Follower(
    LogPattern pattern,
    TailOptions options,
    WhenFull onFull,
    IReadOnlyList<CheckpointedPosition>? restored,
    BlockPool pool,
    ChannelWriter<Block> blocks,
    IChangeSignal signal,
    SinkMetrics metrics,
    Action positionsChanged,
    Problems problems,
    TimeProvider time,
    ILogger<Follower> logger) : IFollower
{
    /// <summary>The newest files stay open even at their end: it is there that lines come.</summary>
    private const int NewestKeptOpen = 8;

    /// <summary>So many files with unread lines are held open, so that a deletion does not take them away.</summary>
    private const int HeldOpen = 512;

    /// <summary>So many resting files are looked at in each poll for late lines.</summary>
    private const int RestingLooks = 64;

    /// <summary>So many new files of one look are told by name.</summary>
    private const int FilesTold = 100;

    /// <summary>For this long after a directory has changed it is listed at every poll: its time stamp may be too coarse to show a second change.</summary>
    private static readonly TimeSpan DirectorySettles = TimeSpan.FromSeconds(2);

    private readonly BlockReader _reader = new(options.MaxLineBytes);
    private readonly Dictionary<FileIdentity, FollowedFile> _byIdentity = [];
    private readonly Dictionary<FileIdentity, CheckpointedPosition> _restored = ByIdentity(restored);
    private readonly FileDiagnosis _diagnosis = new(pattern);

    // Oldest first; replaced whole when it changes, because the checkpoint is written from another thread.
    private volatile FollowedFile[] _files = [];
    private volatile CheckpointedPosition[] _unmatched = [.. restored ?? []];
    private bool _firstLook = true;
    private bool _finishing;
    private long _listedAt;
    private long _directoryChangedAt;
    private DateTime _directoryModified;
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    // Used again at every look: with thousands of files they are large.
    private readonly List<(string Path, FileStat Stat)> _found = [];
    private readonly HashSet<FollowedFile> _seen = [];
    private int _nextResting;
    private int _toldFound;
    private long _looks;
    private Block? _scratch;
    private string? _waitingFor = "the first look";

    public IReadOnlyList<FollowedFile> Files => _files;

    public string? WaitingFor => Volatile.Read(ref _waitingFor);

    /// <summary>How often it has looked around.</summary>
    public long Looks => Interlocked.Read(ref _looks);

    public void AddPositions(List<CheckpointedPosition> positions)
    {
        // In this order: a position moves from the second to the first, and must not be missed in between.
        var unmatched = _unmatched;
        var files = _files;
        positions.EnsureCapacity(files.Length + unmatched.Length);
        positions.AddRange(unmatched);

        foreach (var file in files)
        {
            positions.Add(new CheckpointedPosition(file.Path, file.Identity, file.Fingerprint, file.Acknowledged));
        }
    }

    public async Task RunAsync(CancellationToken finish, CancellationToken abort)
    {
        try
        {
            var change = Change.Names;

            while (true)
            {
                abort.ThrowIfCancellationRequested();

                if (!_finishing && (finish.IsCancellationRequested || options.UntilEnd))
                {
                    BeginFinish();
                }
                else if (change == Change.Names || time.GetElapsedTime(_listedAt) >= options.PollInterval)
                {
                    Look(listAnyway: change == Change.Names);
                }

                var progress = await DrainAllAsync(abort);
                await LetGoAsync(abort);

                if (progress != Progress.None)
                {
                    change = Change.None;
                    continue;
                }

                if (_finishing)
                {
                    break;
                }

                change = await signal.WaitAsync(options.PollInterval, finish);
            }

            Finished();
        }
        finally
        {
            blocks.TryComplete();

            foreach (var file in _files)
            {
                file.Close();
            }
        }
    }

    private void BeginFinish()
    {
        Look(listAnyway: true);
        _finishing = true;

        foreach (var file in _files)
        {
            file.ReadUntil = file.Size;
        }
    }

    private void Finished()
    {
        foreach (var file in _files)
        {
            if (file.Size > file.ReadOffset)
            {
                Log.LeftUnread(logger, file.Path, file.Size - file.ReadOffset);
            }
        }

        if (options.UntilEnd && _files.Length == 0)
        {
            Log.NothingThere(logger, WaitingFor ?? pattern.Text);
        }
    }

    /// <summary>Takes a look at which files there are. The directory is listed only where it has changed.</summary>
    private void Look(bool listAnyway)
    {
        _listedAt = time.GetTimestamp();
        Interlocked.Increment(ref _looks);
        signal.Watch(pattern.Directory);

        if (pattern.IsGlob)
        {
            if (listAnyway || DirectoryHasChanged())
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

        return time.GetElapsedTime(_directoryChangedAt) < DirectorySettles || WaitingFor is not null;
    }

    private List<(string Path, FileStat Stat)> List()
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

        return _found;
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

        foreach (var (path, stat) in found)
        {
            if (_byIdentity.TryGetValue(stat.Identity, out var file))
            {
                order |= file.LeftAt is not null || file.Modified != stat.Modified || file.Path != path;
                (file.LeftAt, file.Deleted) = (null, false);
                Refresh(file, path, stat, first: !seen.Contains(file));
            }
            else if ((file = Begin(path, stat)) is not null)
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
            // What the checkpoint knows and nobody has found by now does not exist any more.
            _restored.Clear();
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
    private FollowedFile? Begin(string path, FileStat stat)
    {
        YoungGarbage.Collect();
        var known = _restored.TryGetValue(stat.Identity, out var position) ? (CheckpointedPosition?)position : FindOfOtherDevice(path, stat);

        try
        {
            using var handle = Open(path);

            if (FileStat.Read(handle).Identity != stat.Identity)
            {
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
                    offset = restoredPosition.Offset;
                }
                else
                {
                    metrics.Rotated("replace");
                    Log.Replaced(logger, path);
                }
            }
            else if (_firstLook && restored is null && options.From == TailStart.End)
            {
                offset = BlockReader.LastLineEnd(handle, stat.Size);
            }

            Readable(path);
            TellFound(path, offset, stat.Size);
            return new FollowedFile(path, stat.Identity, fingerprint, offset) { Size = stat.Size, Modified = stat.Modified };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Unreadable(path, exception);
            return null;
        }
    }

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
        file.Deleted = file.Handle is not null && FileStat.Read(file.Handle).Links == 0;
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
                    && Begin(path, stat) is { } file
                    && file.ReadOffset > 0)
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
                file.Deleted = FileStat.Read(handle).Links == 0;
            }
        }
    }

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

    private async ValueTask<Progress> DrainAllAsync(CancellationToken abort)
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

            switch (await DrainAsync(file, abort))
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
    private async ValueTask<Progress> DrainAsync(FollowedFile file, CancellationToken abort)
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

            if (file.SkippedAhead && !await TellSkippedAsync(file, abort))
            {
                return Progress.Blocked;
            }

            while (Math.Max(file.ReadOffset, file.ScannedTo) < file.Size && (file.ReadUntil is null || file.ReadOffset < file.ReadUntil))
            {
                if (file.ReadOffset == 0)
                {
                    BlockReader.SkipByteOrderMark(file);
                }

                var block = await pool.RentAsync(options.PollInterval, abort);

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
        catch (IOException exception)
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
    private async ValueTask<bool> TellSkippedAsync(FollowedFile file, CancellationToken abort)
    {
        var block = await pool.RentAsync(options.PollInterval, abort);

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
    private async ValueTask LetGoAsync(CancellationToken abort)
    {
        foreach (var file in _files)
        {
            if (file.LeftAt is not { } leftAt)
            {
                continue;
            }

            if (file.Handle is not null && !_finishing && IsQuiet(file, leftAt) && HasSuccessor(file) && !await ShipTailAsync(file, abort))
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
    private async ValueTask<bool> ShipTailAsync(FollowedFile file, CancellationToken abort)
    {
        while (FileStat.Read(file.Handle!).Size > file.ReadOffset)
        {
            var block = await pool.RentAsync(options.PollInterval, abort);

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

    private enum Progress
    {
        None,
        Some,
        Blocked,
    }

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Error, "{Path} was removed with {Bytes} bytes unread: more than {Held} files were waiting, and no more are held open. Keep rotated files for longer")]
        public static partial void Lost(ILogger logger, string path, long bytes, int held);

        [LoggerMessage(100, LogLevel.Information, "Following {Path} from byte {Offset} of {Size}")]
        public static partial void Found(ILogger logger, string path, long offset, long size);

        [LoggerMessage(114, LogLevel.Information, "Following {Count} files more")]
        public static partial void FoundMore(ILogger logger, int count);

        [LoggerMessage(101, LogLevel.Information, "{Path} is {Fate}: reading it to its end")]
        public static partial void Left(ILogger logger, string path, string fate);

        [LoggerMessage(102, LogLevel.Information, "{Path} is read to its end and let go")]
        public static partial void LetGo(ILogger logger, string path);

        [LoggerMessage(103, LogLevel.Information, "{OldPath} is now {Path}")]
        public static partial void Renamed(ILogger logger, string oldPath, string path);

        [LoggerMessage(104, LogLevel.Information, "{Path} was truncated to {Size} bytes, {Offset} were read: starting again at its beginning")]
        public static partial void Truncated(ILogger logger, string path, long size, long offset);

        [LoggerMessage(105, LogLevel.Information, "{Path} has other content than before: starting at its beginning")]
        public static partial void Replaced(ILogger logger, string path);

        [LoggerMessage(106, LogLevel.Information, "Waiting: {What} {Remedy}")]
        public static partial void Waiting(ILogger logger, string what, string remedy);

        [LoggerMessage(107, LogLevel.Warning, "{Path} ends with a line that was never finished; its {Bytes} bytes are shipped as a line")]
        public static partial void TornLine(ILogger logger, string path, long bytes);

        [LoggerMessage(108, LogLevel.Information, "{Path}: {Bytes} bytes at its end are no whole line yet and are left for the next run")]
        public static partial void LeftUnread(ILogger logger, string path, long bytes);

        [LoggerMessage(109, LogLevel.Warning, "There is nothing to ship: {What}")]
        public static partial void NothingThere(ILogger logger, string what);
    }
}
