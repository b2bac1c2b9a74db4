namespace LogTailer.Follow;

/// <summary>Determines when the next scan for files is due.</summary>
internal sealed class ScanSchedule(TimeSpan interval, TimeProvider time)
{
    private long _startedAt;
    private long _scans;

    /// <summary>The number of scans so far. Read on any thread.</summary>
    public long Scans => Interlocked.Read(ref _scans);

    /// <summary>The time since the last scan started.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_startedAt);

    public bool IsDue => Elapsed >= interval;

    public void StartScan()
    {
        _startedAt = time.GetTimestamp();
        Interlocked.Increment(ref _scans);
    }
}
