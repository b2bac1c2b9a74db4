using System.Threading.Channels;
using LogTailer.Checkpoint;
using LogTailer.Flow;

namespace LogTailer.Follow;

/// <summary>
/// Follows the files under a pattern for one sink: finds them, tells by identity and fingerprint which is which through
/// every rotation, and hands on blocks of whole lines, oldest file first. It never waits for a single file, and memory in
/// flight is what the pool holds.
/// </summary>
/// <remarks>Completes the channel and disposes of the signal when it is done; the sink drains the channel.</remarks>
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

    /// <summary>So many times the poll interval is waited where changes are announced and nothing is amiss.</summary>
    private const int RarerAtRest = 4;

    /// <summary>For this long after something was found that nobody had announced, as on a network mount, nobody is relied on.</summary>
    private static readonly TimeSpan Distrust = TimeSpan.FromMinutes(10);

    private readonly BlockReader _reader = new(options.MaxLineBytes);
    private readonly Dictionary<FileIdentity, FollowedFile> _byIdentity = [];
    private readonly Dictionary<FileIdentity, CheckpointedPosition> _restored = ByIdentity(restored);
    // Of the restored ones those that were found at this look and could not be opened.
    private readonly HashSet<FileIdentity> _unopened = [];
    // How long a file was that stood there at the first look and could not be opened: with Tail:From=end it is skipped so far.
    private readonly Dictionary<FileIdentity, long> _unopenedAtFirst = [];
    private readonly FileDiagnosis _diagnosis = new(pattern);

    // Oldest first; replaced whole when it changes, because the checkpoint is written from another thread.
    private volatile FollowedFile[] _files = [];
    private volatile CheckpointedPosition[] _unmatched = [.. restored ?? []];
    private bool _firstLook = true;
    private bool _finishing;
    private bool _namesChanged = true;
    private bool _isWatched;
    private long? _unannouncedAt;
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

    /// <remarks>
    /// On a thread of its own, which blocks: reading a file blocks anyhow, and between a line's writing and its reading there is
    /// no other thread to be woken.
    /// </remarks>
    public Task RunAsync(CancellationToken finish, CancellationToken abort) => OwnThread.Run("follower", () => Follow(finish, abort), abort);

    private void Follow(CancellationToken finish, CancellationToken abort)
    {
        // Closed here, and after the last use: the numbers of its descriptors are taken again at once.
        using var owned = signal;
        using var ending = finish.UnsafeRegister(static signal => ((IChangeSignal)signal!).EndWaits(), signal);

        try
        {
            var silent = false;

            while (true)
            {
                abort.ThrowIfCancellationRequested();

                if (!_finishing && (finish.IsCancellationRequested || options.UntilEnd))
                {
                    BeginFinish();
                }
                else if (_namesChanged || LookIsDue)
                {
                    Look();
                }

                var progress = DrainAll(abort);
                LetGo(abort);

                if (progress != Progress.None)
                {
                    if (silent && Listen(TimeSpan.Zero) == Change.None)
                    {
                        _unannouncedAt = time.GetTimestamp();
                    }

                    silent = false;
                    continue;
                }

                if (_finishing)
                {
                    break;
                }

                // What was waited for in vain so far could not be announced.
                var hadSome = WaitingFor is null;
                silent = !_namesChanged && Listen(Patience) == Change.None && hadSome;
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

    /// <summary>
    /// How long to wait for a change before looking anyhow. A rest costs what its looks cost, so they are rarer where changes
    /// are announced, as far as is known, and there is nothing to look for.
    /// </summary>
    private TimeSpan Patience
    {
        get
        {
            var files = _files;
            var isAnnounced = _isWatched && (_unannouncedAt is not { } when || time.GetElapsedTime(when) >= Distrust);
            var atRest = isAnnounced && WaitingFor is null && _unreadable.Count == 0 && time.GetElapsedTime(_directoryChangedAt) >= DirectorySettles
                && files.Length <= NewestKeptOpen && Array.TrueForAll(files, file => file is { Handle: not null, LeftAt: null });
            return atRest ? options.PollInterval * RarerAtRest : options.PollInterval;
        }
    }

    /// <summary>Waits for a change. That names have changed is kept for the next look, wherever it is heard of.</summary>
    private Change Listen(TimeSpan atMost)
    {
        var change = signal.Wait(atMost);
        _namesChanged |= change == Change.Names;
        return change;
    }

    private void BeginFinish()
    {
        _namesChanged = true;
        Look();
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

    private enum Progress
    {
        None,
        Some,
        Blocked,
    }
}
