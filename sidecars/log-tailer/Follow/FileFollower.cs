using LogTailer.Checkpoint;
using LogTailer.Files;
using LogTailer.Follow.Changes;
using LogTailer.Threading;

namespace LogTailer.Follow;

/// <summary>
/// Follows the files under a pattern for one sink: scans for files, reads them in order, and waits for changes. No single file
/// can delay the others, and the block pool limits the memory in flight.
/// </summary>
/// <remarks>Completes the queue and disposes of the signal when it is done.</remarks>
internal sealed class FileFollower : IFollower
{
    /// <summary>The factor by which scans are less frequent while change notifications work and there is nothing to read.</summary>
    private const int IdlePollFactor = 4;

    private readonly LogPattern _pattern;
    private readonly TailOptions _options;
    private readonly BlockQueue _queue;
    private readonly FileEvents _events;
    private readonly IChangeSignal _signal;
    private readonly ChangeListener _changes;
    private readonly ScanSchedule _schedule;
    private readonly FileProblems _problems;
    private readonly KnownFiles _files = new();
    private readonly RestoredPositions _restored;
    private readonly DirectoryScanner _scanner;
    private readonly FileReconciler _reconciler;
    private readonly FileOpener _opener;
    private readonly IdleFileChecker _idleFiles;
    private readonly FileReader _reader;
    private readonly RotatedFileCloser _closer;
    private bool _isStopping;

    public FileFollower(
        LogPattern pattern,
        TailOptions options,
        IReadOnlyList<CheckpointedPosition>? restored,
        BlockQueue queue,
        IChangeSignal signal,
        FileEvents events,
        Problems problems,
        TimeProvider time)
    {
        (_pattern, _options, _queue, _signal, _events) = (pattern, options, queue, signal, events);
        _changes = new ChangeListener(signal, time);
        _schedule = new ScanSchedule(options.PollInterval, time);
        _problems = new FileProblems(pattern, problems, events);
        _restored = new RestoredPositions(restored);
        _scanner = new DirectoryScanner(pattern, options.PollInterval, _changes, _schedule, _problems, time);
        _reconciler = new FileReconciler(pattern, _files, _restored, new FileStarter(options, _restored, _problems, events), events, time);
        _opener = new FileOpener(_problems);
        _idleFiles = new IdleFileChecker(_files, _opener);
        _reader = new FileReader(options, queue, _files, events, _problems, _schedule);
        _closer = new RotatedFileCloser(pattern, options, _files, _reader, _problems, events, time);
    }

    public IReadOnlyList<FollowedFile> Files => _files.Ordered;

    public string? WaitingFor => _problems.WaitingFor;

    /// <summary>The number of scans so far.</summary>
    public long Scans => _schedule.Scans;

    public void CollectPositions(List<CheckpointedPosition> positions)
    {
        // Unmatched first: a position moves from there to the files, and must not be missed in between.
        var unmatched = _restored.Unmatched;
        var files = _files.Ordered;
        positions.EnsureCapacity(files.Length + unmatched.Length);
        positions.AddRange(unmatched);

        foreach (var file in files)
        {
            positions.Add(CheckpointedPosition.FromFile(file));
        }
    }

    /// <remarks>Runs on a dedicated thread: reading blocks anyway, and a new line has to wake only this thread.</remarks>
    public Task FollowLogAsync(CancellationToken finish, CancellationToken abort)
        => DedicatedThread.RunBlocking("follower", () => FollowFiles(finish, abort), abort);

    private void FollowFiles(CancellationToken finish, CancellationToken abort)
    {
        // Disposed here, after the last use: the system reuses the descriptor numbers immediately.
        using var signal = _signal;
        using var wakeOnFinish = finish.UnsafeRegister(static state => ((ChangeListener)state!).CancelWaits(), _changes);

        try
        {
            RunLoop(finish, abort);
            ReportUnreadFiles();
        }
        finally
        {
            _queue.CompleteQueue();

            foreach (var file in _files.Ordered)
            {
                file.CloseHandle();
            }
        }
    }

    private void RunLoop(CancellationToken finish, CancellationToken abort)
    {
        var waitTimedOut = false;

        while (true)
        {
            abort.ThrowIfCancellationRequested();

            if (!_isStopping && (finish.IsCancellationRequested || _options.UntilEnd))
            {
                BeginStop();
            }
            else if (_changes.NamesChanged || _schedule.IsDue)
            {
                ScanFiles();
            }

            var progress = ReadFiles(abort);
            _closer.CloseFinishedFiles(_isStopping, abort);

            if (progress != ReadProgress.None)
            {
                // New lines although the wait timed out, and still no notification: a change was missed.
                if (waitTimedOut && _changes.DrainChanges() == FileChange.None)
                {
                    _changes.RecordMissedChange();
                }

                waitTimedOut = false;
                continue;
            }

            if (_isStopping)
            {
                return;
            }

            // While files are missing there can be no notification, so a timeout does not mean that one was missed.
            var hadFiles = WaitingFor is null;
            waitTimedOut = !_changes.NamesChanged && _changes.WaitForChange(GetWaitTime()) == FileChange.None && hadFiles;
        }
    }

    /// <summary>
    /// The maximum time to wait for a change. Every timeout costs a scan, so it is longer while change notifications work and no file
    /// is missing.
    /// </summary>
    private TimeSpan GetWaitTime()
    {
        var files = _files.Ordered;
        var isIdle = _changes.IsReliable
            && !_problems.HasProblems
            && _scanner.IsSettled
            && files.Length <= FileOpener.NewestKeptOpen
            && Array.TrueForAll(files, file => file is { Handle: not null, RotatedAt: null });
        return isIdle ? _options.PollInterval * IdlePollFactor : _options.PollInterval;
    }

    /// <summary>Scans once more, and sets the size of each file at this moment as the end of reading.</summary>
    private void BeginStop()
    {
        _changes.RequestScan();
        ScanFiles();
        _isStopping = true;

        foreach (var file in _files.Ordered)
        {
            file.StopOffset = file.Size;
        }
    }

    private void ScanFiles()
    {
        _schedule.StartScan();
        _changes.WatchDirectory(_pattern.Directory);

        if (!_pattern.IsGlob)
        {
            ApplyScan(_scanner.ScanPath(_files.Ordered is [.., var newest] ? newest.Identity : null));
        }
        else if (_scanner.NeedsListing() || !_idleFiles.CheckNextFiles())
        {
            ApplyScan(_scanner.ListDirectory());
        }

        _closer.DetectDeletedFiles();
    }

    private void ApplyScan(List<ScannedFile> found)
    {
        if (_reconciler.ReconcileFiles(found))
        {
            _opener.OpenNeededFiles(_files.Ordered);
        }

        _problems.EvaluateScan(found);
    }

    private ReadProgress ReadFiles(CancellationToken abort)
    {
        var files = _files.Ordered;
        var progress = ReadProgress.None;

        for (var i = 0; i < files.Length; i++)
        {
            var file = files[i];

            if (file.Handle is null && (file.Size <= file.ReadOffset || !_opener.TryOpenFile(file)))
            {
                continue;
            }

            switch (_reader.ReadFile(file, abort))
            {
                case ReadProgress.Blocked:
                    return ReadProgress.Blocked;
                case ReadProgress.Some:
                    progress = ReadProgress.Some;
                    break;
            }

            if (file is { Handle: not null, RotatedAt: null }
                && !FileOpener.IsKeptOpen(i, files.Length)
                && file.ReadOffset == file.Size)
            {
                file.CloseHandle();
            }

            if (progress == ReadProgress.Some && _schedule.IsDue)
            {
                // Scan first, so that a rotation is detected in time. Then reading continues with the oldest file.
                return progress;
            }
        }

        return progress;
    }

    private void ReportUnreadFiles()
    {
        foreach (var file in _files.Ordered)
        {
            if (file.Size > file.ReadOffset)
            {
                _events.OnPartialLineKept(file.Path, file.Size - file.ReadOffset);
            }
        }

        if (_options.UntilEnd && _files.Ordered.Length == 0)
        {
            _events.OnNothingToShip(WaitingFor ?? _pattern.Text);
        }
    }
}
