using LogTailer.Flow;

namespace LogTailer.Checkpoint;

/// <summary>Writes acknowledged positions down soon after they move, and not at all while they rest.</summary>
internal sealed class CheckpointWriter : IDisposable
{
    /// <summary>So many acknowledged bytes are written down without waiting for the interval: they would all be sent again after a SIGKILL.</summary>
    private const long UrgentBytes = 8 * 1024 * 1024;

    private const string Area = "checkpoint";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly CheckpointFile _file;
    private readonly TimeSpan _interval;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Action<List<CheckpointedPosition>>> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<CheckpointedPosition>> _sinks;
    private readonly SemaphoreSlim _moved = new(0);
    private readonly SemaphoreSlim _urgent = new(0);
    private readonly Lock _saving = new();
    private int _behind;
    private volatile bool _isSaving;
    private long _unsavedBytes;
    private long _savedAt;

    public CheckpointWriter(CheckpointFile file, CheckpointOptions options, TailerMetrics metrics, Problems problems, TimeProvider time)
    {
        (_file, _interval, _problems, _time) = (file, options.Interval, problems, time);
        _sinks = file.Load();
        _savedAt = time.GetTimestamp();
        metrics.Meter.CreateObservableGauge(
            "log_tailer_checkpoint_age_seconds",
            () => IsBehind ? time.GetElapsedTime(Interlocked.Read(ref _savedAt)).TotalSeconds : 0,
            "s",
            "Since when the checkpoint has been behind what is acknowledged; 0 where it is up to date.");
    }

    /// <summary>Where it is kept.</summary>
    public string Path => _file.Path;

    /// <summary>Whether positions have moved that are not in the file yet.</summary>
    public bool IsBehind => _isSaving || Volatile.Read(ref _behind) != 0;

    /// <summary>What is known of <paramref name="sink"/> from before; null at its first start.</summary>
    public IReadOnlyList<CheckpointedPosition>? Restore(string sink) => _sinks.GetValueOrDefault(sink);

    /// <summary>Takes the positions of <paramref name="sink"/> from now on from <paramref name="addTo"/>, which adds them to a list, and is called on another thread.</summary>
    public void Track(string sink, Action<List<CheckpointedPosition>> addTo) => _sources[sink] = addTo;

    /// <summary>Says that positions have moved by <paramref name="bytes"/>.</summary>
    public void Moved(long bytes)
    {
        if (Interlocked.Exchange(ref _behind, 1) == 0)
        {
            _moved.Release();
        }

        if (Interlocked.Add(ref _unsavedBytes, bytes) >= UrgentBytes && _urgent.CurrentCount == 0)
        {
            _urgent.Release();
        }
    }

    /// <summary>Writes until cancelled; whoever cancels calls <see cref="TrySave"/> once more at the end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _moved.WaitAsync(cancellationToken);
            await _urgent.WaitAsync(_interval, cancellationToken);

            while (!TrySave())
            {
                await Task.Delay(RetryAfter, _time, cancellationToken);
            }
        }
    }

    /// <summary>Writes the positions as they are now. A failure is a problem to show and not the end: lines go on being shipped.</summary>
    public bool TrySave()
    {
        lock (_saving)
        {
            // Not up to date before the file is: what moves from here on is for the next writing.
            _isSaving = true;
            Volatile.Write(ref _behind, 0);
            Interlocked.Exchange(ref _unsavedBytes, 0);

            foreach (var (sink, addTo) in _sources)
            {
                // Used again at every writing: with thousands of files it is large.
                var positions = _sinks.GetValueOrDefault(sink) ?? (_sinks[sink] = []);
                positions.Clear();
                addTo(positions);
            }

            try
            {
                _file.Save(_sinks);
                YoungGarbage.Collect();
                Interlocked.Exchange(ref _savedAt, _time.GetTimestamp());
                _problems.Clear(Area);
                return true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _problems.Report(
                    Area,
                    $"The checkpoint cannot be written to {_file.Path}; after a restart what was shipped is shipped again.",
                    "Mount the log's volume writable for this container, or set Checkpoint:Path to a writable volume that outlives the container.",
                    exception);
                Volatile.Write(ref _behind, 1);
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
        _moved.Dispose();
        _urgent.Dispose();
    }
}
