namespace TlsProxy.AccessLog;

/// <summary>
/// A bounded queue of lines, kept as bytes in two buffers: writers append to one while the single reader empties the other.
/// </summary>
internal sealed class LogLineQueue(int capacityBytes) : IDisposable
{
    private const int InitialBytes = 16 * 1024;

    /// <summary>A larger buffer is released after use.</summary>
    private const int MaximumRetainedBytes = 256 * 1024;

    /// <summary>Enough bytes for one write; waiting for more would only need larger buffers.</summary>
    private const int BatchBytes = 64 * 1024;

    /// <summary>How long the reader waits for more lines. A write for each line would cost more than its request.</summary>
    private const int BatchMilliseconds = 10;

    private readonly Lock _lock = new();

    /// <summary>Set while a line waits. Does not spin, because the reader wakes up a hundred times a second.</summary>
    private readonly ManualResetEventSlim _hasLines = new(initialState: false, spinCount: 0);

    /// <summary>Set when the reader should not wait for more lines: a batch is full, or the queue is closed.</summary>
    private readonly ManualResetEventSlim _isBatchReady = new(initialState: false, spinCount: 0);

    private byte[] _filling = [];
    private byte[] _spare = [];
    private int _used;
    private bool _isClosed;

    /// <returns>False when the queue is full or closed.</returns>
    public bool TryAppendLine(ReadOnlySpan<byte> line)
    {
        lock (_lock)
        {
            var needed = _used + line.Length;
            if (needed > capacityBytes || _isClosed)
            {
                return false;
            }

            if (needed > _filling.Length)
            {
                var doubled = Math.Max(InitialBytes, _filling.Length * 2);
                Array.Resize(ref _filling, Math.Min(capacityBytes, Math.Max(needed, doubled)));
            }

            line.CopyTo(_filling.AsSpan(_used));
            var wasEmpty = _used == 0;
            _used = needed;
            if (wasEmpty)
            {
                _hasLines.Set();
            }

            if (needed >= BatchBytes && needed - line.Length < BatchBytes)
            {
                _isBatchReady.Set();
            }

            return true;
        }
    }

    /// <summary>Waits for lines and removes all of them. Called by one thread only.</summary>
    /// <param name="lines">The lines; pass the array to <see cref="RecycleBuffer"/> afterwards.</param>
    /// <returns>False when the queue is closed and these are the last lines.</returns>
    public bool WaitForLines(out ArraySegment<byte> lines)
    {
        _hasLines.Wait();
        _isBatchReady.Wait(BatchMilliseconds);
        lock (_lock)
        {
            lines = new ArraySegment<byte>(_filling, 0, _used);
            (_filling, _used) = (_spare, 0);
            _hasLines.Reset();
            _isBatchReady.Reset();
            return !_isClosed;
        }
    }

    /// <summary>Accepts the array of <see cref="WaitForLines"/> for reuse; a stalled reader may have made it too large to keep.</summary>
    public void RecycleBuffer(byte[] buffer) => _spare = buffer.Length > MaximumRetainedBytes ? [] : buffer;

    /// <summary>Rejects further lines, and wakes the reader for the last ones.</summary>
    public void CloseQueue()
    {
        lock (_lock)
        {
            _isClosed = true;
            _hasLines.Set();
            _isBatchReady.Set();
        }
    }

    public void Dispose()
    {
        _hasLines.Dispose();
        _isBatchReady.Dispose();
    }
}
