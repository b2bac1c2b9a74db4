using LogTailer.Metrics;

namespace LogTailer.Checkpoint;

/// <summary>Writes the acknowledged positions to the checkpoint soon after they change, and writes nothing while they do not.</summary>
internal sealed class CheckpointWriter : IDisposable
{
    /// <summary>
    /// After this many acknowledged bytes the checkpoint is written early: they would all be shipped again after a SIGKILL.
    /// </summary>
    private const long EarlyWriteBytes = 8 * 1024 * 1024;

    private const string ProblemArea = "checkpoint";

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private readonly CheckpointFile _file;
    private readonly TimeSpan _interval;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Action<List<CheckpointedPosition>>> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<CheckpointedPosition>> _sinks;
    private readonly SemaphoreSlim _progress = new(0);
    private readonly SemaphoreSlim _earlyWrite = new(0);
    private readonly Lock _saving = new();
    private int _isBehind;
    private volatile bool _isSaving;
    private long _unsavedBytes;
    private long _savedAt;

    public CheckpointWriter(CheckpointFile file, CheckpointOptions options, TailerMetrics metrics, Problems problems, TimeProvider time)
    {
        (_file, _interval, _problems, _time) = (file, options.Interval, problems, time);
        _sinks = file.LoadPositions();
        _savedAt = time.GetTimestamp();
        metrics.ObserveCheckpointAge(() => IsBehind ? time.GetElapsedTime(Interlocked.Read(ref _savedAt)) : TimeSpan.Zero);
    }

    /// <summary>The path of the checkpoint file.</summary>
    public string Path => _file.Path;

    /// <summary>Whether acknowledged positions are not in the file yet.</summary>
    public bool IsBehind => _isSaving || Volatile.Read(ref _isBehind) != 0;

    /// <summary>The positions of <paramref name="sink"/> from the previous run; null at its first start.</summary>
    public IReadOnlyList<CheckpointedPosition>? GetRestoredPositions(string sink) => _sinks.GetValueOrDefault(sink);

    /// <summary>Registers the source of a sink's positions. It appends them to a list, and is called on another thread.</summary>
    public void RegisterSource(string sink, Action<List<CheckpointedPosition>> collectPositions) => _sources[sink] = collectPositions;

    /// <summary>Reports that positions changed; <paramref name="bytes"/> is the number of newly acknowledged bytes.</summary>
    public void ReportProgress(long bytes)
    {
        if (Interlocked.Exchange(ref _isBehind, 1) == 0)
        {
            _progress.Release();
        }

        if (Interlocked.Add(ref _unsavedBytes, bytes) >= EarlyWriteBytes && _earlyWrite.CurrentCount == 0)
        {
            _earlyWrite.Release();
        }
    }

    /// <summary>Writes checkpoints until canceled. The caller then calls <see cref="TrySavePositions"/> once more.</summary>
    public async Task WriteCheckpointsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _progress.WaitAsync(cancellationToken);
            await _earlyWrite.WaitAsync(_interval, cancellationToken);

            while (!TrySavePositions())
            {
                await Task.Delay(RetryDelay, _time, cancellationToken);
            }
        }
    }

    /// <summary>Writes the current positions. A failure is reported as a problem; lines are still shipped.</summary>
    public bool TrySavePositions()
    {
        lock (_saving)
        {
            // IsBehind stays true until the file is written. Progress from here on belongs to the next write.
            _isSaving = true;
            Volatile.Write(ref _isBehind, 0);
            Interlocked.Exchange(ref _unsavedBytes, 0);

            foreach (var (sink, collectPositions) in _sources)
            {
                // The list is reused: with thousands of files it is large.
                var positions = _sinks.GetValueOrDefault(sink) ?? (_sinks[sink] = []);
                positions.Clear();
                collectPositions(positions);
            }

            try
            {
                _file.SavePositions(_sinks);
                Interlocked.Exchange(ref _savedAt, _time.GetTimestamp());
                _problems.Clear(ProblemArea);
                return true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _problems.Report(
                    ProblemArea,
                    $"The checkpoint {_file.Path} cannot be written. After a restart, lines that were already shipped are shipped again.",
                    "Mount the log's volume writable, or set Checkpoint:Path to a writable volume that outlives the container.",
                    exception);
                Volatile.Write(ref _isBehind, 1);
                return false;
            }
            finally
            {
                _isSaving = false;
            }
        }
    }

    public void Dispose()
    {
        _progress.Dispose();
        _earlyWrite.Dispose();
    }
}
