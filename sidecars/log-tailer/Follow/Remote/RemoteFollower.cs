using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using LogTailer.Checkpoint;
using LogTailer.Flow;
using LogTailer.Lines;
using LogTailer.Sinks.Http;

namespace LogTailer.Follow.Remote;

/// <summary>
/// Follows a log over HTTP instead of a file. An agent names positions in its answers (<c>Log-Position</c>), one file an
/// answer; going on from the last one loses and doubles nothing, whoever is restarted. Of any other server the whole log is
/// asked for again after an interruption, and what is known of it, by the digest of its first bytes, is passed over.
/// </summary>
/// <remarks>Completes the channel when it is done; the sink drains it. The server is the buffer: what is not read waits there.</remarks>
internal sealed partial class RemoteFollower : IFollower, IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>A server without positions that is quiet for so long has sent all that stands there.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private readonly RemoteLog _log;
    private readonly TailOptions _options;
    private readonly WhenFull _onFull;
    private readonly BlockPool _pool;
    private readonly ChannelWriter<Block> _blocks;
    private readonly SinkMetrics _metrics;
    private readonly Action _positionsChanged;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Backoff _backoff;
    private readonly LineGatherer _lines;

    // Oldest first, the last one is being read; replaced whole when it changes, because the checkpoint is written from another thread.
    private volatile FollowedFile[] _files = [];
    private string _begin;
    private string? _waitingFor = "the first answer";

    public RemoteFollower(
        Uri url,
        TailOptions options,
        WhenFull onFull,
        IReadOnlyList<CheckpointedPosition>? restored,
        BlockPool pool,
        ChannelWriter<Block> blocks,
        SinkMetrics metrics,
        Action positionsChanged,
        Problems problems,
        TimeProvider time,
        ILogger logger)
    {
        (_options, _onFull, _pool, _blocks, _metrics, _positionsChanged, _problems, _time, _logger) =
            (options, onFull, pool, blocks, metrics, positionsChanged, problems, time, logger);
        _log = new RemoteLog(url);
        _backoff = new Backoff(TimeSpan.FromMilliseconds(500), LongestWait, Random.Shared);
        _lines = new LineGatherer(options.MaxLineBytes);
        _begin = options.From == TailStart.End && restored is null ? "end" : "oldest";

        // Acknowledgements come in order: where a later file has some, the ones before are done with.
        var known = (restored ?? []).Where(p => p.Path.Split('#')[0] == _log.Url.ToString()).ToList();

        if (known.Count > 0)
        {
            var last = known[Math.Max(0, known.FindLastIndex(p => p.Offset > 0))];
            _files = [new FollowedFile(last.Path, last.Identity, last.Fingerprint, last.Offset) { Size = last.Offset }];
        }
    }

    public IReadOnlyList<FollowedFile> Files => _files;

    public string? WaitingFor => Volatile.Read(ref _waitingFor);

    private FollowedFile? Current => _files is [.., var current] ? current : null;

    public void AddPositions(List<CheckpointedPosition> positions)
        => positions.AddRange(_files.Select(file => new CheckpointedPosition(file.Path, file.Identity, file.Fingerprint, file.Acknowledged)));

    public async Task RunAsync(CancellationToken finish, CancellationToken abort)
    {
        string? finished = null;

        try
        {
            while (true)
            {
                var follow = !finish.IsCancellationRequested && !_options.UntilEnd;
                var wait = TimeSpan.Zero;
                using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(follow ? finish : abort, abort);

                try
                {
                    var (file, any) = await ReadAnswerAsync(follow, interrupt.Token);

                    // To its end twice, so no later file has come: what is written from now on is for the next run.
                    if (!follow && finished == (file ?? ""))
                    {
                        return;
                    }

                    finished = follow ? null : file ?? "";
                    wait = any ? TimeSpan.Zero : _options.PollInterval;
                }
                catch (Exception exception) when (RemoteDiagnosis.IsOfTransport(exception))
                {
                    Unreachable(exception);

                    if (finish.IsCancellationRequested)
                    {
                        return;
                    }

                    wait = _backoff.Next(null);
                }
                catch (OperationCanceledException) when (!abort.IsCancellationRequested)
                {
                    // Only the following ends here; what stands there by now is still read.
                }

                LetGo();
                await Task.Delay(wait, _time, interrupt.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                abort.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _blocks.TryComplete();
        }
    }

    public void Dispose() => _log.Dispose();

    private void Unreachable(Exception exception)
    {
        var (what, remedy) = RemoteDiagnosis.Of(exception, _log.Url);
        Volatile.Write(ref _waitingFor, what);
        _problems.Report(RemoteDiagnosis.Area, what, remedy, exception);
    }

    private void Reachable()
    {
        Volatile.Write(ref _waitingFor, null);
        _problems.Clear(RemoteDiagnosis.Area);
    }

    /// <summary>Reads one answer to its end.</summary>
    /// <returns>The file that it was of, where the server names one, and whether something came.</returns>
    private async Task<(string? File, bool Any)> ReadAnswerAsync(bool follow, CancellationToken cancellationToken)
    {
        var from = PositionOf(Current) ?? _begin;
        using var answer = await _log.OpenAsync(from, follow, cancellationToken);
        Reachable();
        _lines.Clear();
        var any = false;

        try
        {
            var head = answer.File is null ? new LogHead() : null;
            var came = ReadOnlyMemory<byte>.Empty;

            if (answer.File is not null)
            {
                BeginAt(answer, from);
            }
            else if (Current is { ReadOffset: > 0 } known)
            {
                if (await SkipKnownAsync(answer, known, head!, cancellationToken) is not { } beyond)
                {
                    return (null, true);
                }

                came = beyond;
            }
            else if (Current is null && _begin == "end")
            {
                await SkipToEndAsync(answer, head!, cancellationToken);
            }

            do
            {
                any |= await HandOnAsync(came, head, cancellationToken);
                came = await answer.ReadAsync(cancellationToken);
                head?.Take(came.Span);
            }
            while (!came.IsEmpty);
        }
        catch (IOException) when (any)
        {
            // The agent has gone away in the middle; asking again shows whether it is back.
        }

        // If there was no line at the first look, whatever comes from now on is new.
        _begin = "oldest";
        _backoff.Reset();

        if (Current is null)
        {
            Volatile.Write(ref _waitingFor, $"{_log.Url} has no line yet.");
        }

        return (answer.File, any);
    }

    /// <summary>Takes the file that an answer is of for the one being read.</summary>
    private void BeginAt(RemoteAnswer answer, string from)
    {
        var path = $"{_log.Url}#{answer.File}";

        if (Current is { } current && current.Path == path && current.ReadOffset == answer.Offset)
        {
            return;
        }

        if (answer.HasGap)
        {
            Log.Gap(_logger, from, _log.Url);
            _metrics.Rotated("lost");
        }
        else if (Current is not null)
        {
            _metrics.Rotated("rename");
        }

        Add(path, answer.Offset);
    }

    /// <summary>Passes over what is known already of a log whose server names no positions.</summary>
    /// <returns>What has come beyond it; null when it is another log, which has to be asked for anew.</returns>
    private async Task<ReadOnlyMemory<byte>?> SkipKnownAsync(RemoteAnswer answer, FollowedFile known, LogHead head, CancellationToken cancellationToken)
    {
        var beyond = new ByteBuffer();

        for (var position = 0L; position < known.ReadOffset || head.Length < known.Fingerprint.Length;)
        {
            // The log may be empty and late, but once it comes all that is known of it comes.
            var came = position == 0 ? await answer.ReadAsync(cancellationToken) : await answer.ReadAsync(Quiet, cancellationToken);

            if (came is { IsEmpty: true } && position == 0)
            {
                return ReadOnlyMemory<byte>.Empty;
            }

            head.Take(came.GetValueOrDefault().Span);

            if (came is not { IsEmpty: false } bytes || !head.Fits(known.Fingerprint))
            {
                Log.Replaced(_logger, _log.Url);
                _metrics.Rotated("replace");
                Add(known.Path, 0);
                return null;
            }

            beyond.Append(bytes.Span[(int)Math.Clamp(known.ReadOffset - position, 0, bytes.Length)..]);
            position += bytes.Length;
        }

        return beyond.Memory;
    }

    /// <summary>At a first start with <c>Tail:From=end</c>: what comes until the server falls quiet stood there before.</summary>
    private async Task SkipToEndAsync(RemoteAnswer answer, LogHead head, CancellationToken cancellationToken)
    {
        var offset = 0L;

        while (await answer.ReadAsync(Quiet, cancellationToken) is { IsEmpty: false } bytes)
        {
            head.Take(bytes.Span);

            for (var rest = bytes; _lines.TryGather(ref rest); _lines.Clear())
            {
                offset += _lines.LengthInLog;
            }
        }

        if (offset > 0)
        {
            Add(_log.Url.ToString(), offset);
            Current!.Fingerprint = head.UpTo(offset);
        }
    }

    /// <summary>Hands on the lines that are complete with these bytes.</summary>
    private async Task<bool> HandOnAsync(ReadOnlyMemory<byte> bytes, LogHead? head, CancellationToken cancellationToken)
    {
        if (bytes.IsEmpty)
        {
            return false;
        }

        if (Current is null)
        {
            Add(_log.Url.ToString(), 0);
        }

        while (!bytes.IsEmpty)
        {
            if (_lines.TryGather(ref bytes))
            {
                var file = Current!;
                await HandOnAsync(file, cancellationToken);
                file.Fingerprint = head?.UpTo(file.ReadOffset) ?? default;
                _lines.Clear();
            }
        }

        return true;
    }

    /// <summary>Hands on what is gathered, once there is room for it.</summary>
    private async Task HandOnAsync(FollowedFile file, CancellationToken cancellationToken)
    {
        var start = file.ReadOffset;
        var end = start + _lines.LengthInLog;
        var mark = start == 0 && _lines.Bytes.StartsWith(LineRules.ByteOrderMark) ? LineRules.ByteOrderMark.Length : 0;
        file.Modified = _time.GetUtcNow().UtcDateTime;
        file.Size = end;
        Block? block;

        while ((block = await _pool.RentAsync(_options.PollInterval, cancellationToken)) is null && _onFull == WhenFull.Wait)
        {
            // The connection fills up meanwhile, and the server waits.
        }

        if (block is null)
        {
            // The next block that is handed on acknowledges past them, in its turn.
            _metrics.Dropped(LineRules.Measure(_lines.Bytes[mark..], _options.MaxLineBytes).Lines);
            _problems.Report("sink", "The sink takes nothing, and lines are dropped as Sink:OnFull says.", "See why the sink does not take lines; to lose none set Sink:OnFull to wait.");
        }
        else
        {
            var lines = _lines.Bytes[mark..];
            block.MakeRoomFor(lines.Length);
            lines.CopyTo(block.Buffer);
            block.Fill(file, start + mark, end, lines.Length, _options.MaxLineBytes, _lines.CutFrom);
            _blocks.TryWrite(block);
        }

        file.ReadOffset = end;
    }

    private void Add(string path, long offset)
    {
        foreach (var file in _files)
        {
            file.LeftAt ??= _time.GetTimestamp();
        }

        Log.Found(_logger, path, offset);
        _files = [.. _files, new FollowedFile(path, IdentityOf(path), default, offset) { Size = offset, Modified = _time.GetUtcNow().UtcDateTime }];
        _positionsChanged();
    }

    /// <summary>Forgets files that are read to their end and acknowledged; the one being read stays.</summary>
    private void LetGo()
    {
        var files = _files;
        FollowedFile[] kept = [.. files.Where((file, i) => i == files.Length - 1 || !file.Settled)];

        if (kept.Length < files.Length)
        {
            _files = kept;
            _positionsChanged();
        }
    }

    /// <summary>How the server names where <paramref name="file"/> is read; null where it names no positions.</summary>
    private static string? PositionOf(FollowedFile? file)
        => file?.Path.IndexOf('#', StringComparison.Ordinal) is > 0 and var hash
            ? string.Create(CultureInfo.InvariantCulture, $"{file.Path.AsSpan(hash + 1)}:{file.ReadOffset}")
            : null;

    /// <summary>There is no inode to know a remote file by; its name stands for one.</summary>
    private static FileIdentity IdentityOf(string path)
        => new(0, BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(path))));

    private static partial class Log
    {
        [LoggerMessage(111, LogLevel.Information, "Following {Path} from byte {Offset}")]
        public static partial void Found(ILogger logger, string path, long offset);

        [LoggerMessage(112, LogLevel.Error, "What follows {Position} is not kept any more at {Url}: it was rolled away before it was read, or the log was begun anew. Reading goes on with the oldest line there. Have the agent keep more (RequestLog:MaxFiles, RequestLog:MaxFileBytes)")]
        public static partial void Gap(ILogger logger, string position, Uri url);

        [LoggerMessage(113, LogLevel.Information, "{Url} has other content than before: starting at its beginning")]
        public static partial void Replaced(ILogger logger, Uri url);
    }
}
