using System.Diagnostics.CodeAnalysis;

namespace Agent.RequestLogging;

/// <summary>
/// The bounded queue between requests and the file: any thread adds lines without waiting, one reader takes all of them at once.
/// Lines are copied into batches, so that a line allocates no object and a batch is written like a single line.
/// </summary>
/// <remarks><see cref="RequestLog"/> completes the queue when it stops; its reader drains it.</remarks>
/// <param name="maxLines">Maximum number of lines, including those being written.</param>
/// <param name="maxTextChars">Maximum number of characters of the texts in these lines.</param>
[SuppressMessage(
    "Reliability", "CA1001:Types that own disposable fields should be disposable",
    Justification = "The semaphore holds no resources, because its wait handle is never used.")]
internal sealed class LineQueue(int maxLines, long maxTextChars)
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _available = new(0);
    private List<LineBatch> _queued = [];
    private List<LineBatch> _taken = [];
    private int _lines;
    private long _textChars;
    private bool _isCompleted;

    /// <summary>Number of lines that wait or are being written.</summary>
    public int Count => Volatile.Read(ref _lines);

    /// <returns>False if the queue is full or completed.</returns>
    public bool TryAddLine(ReadOnlySpan<byte> line, int textChars)
    {
        lock (_lock)
        {
            if (_isCompleted || _lines >= maxLines || _textChars + textChars > maxTextChars)
            {
                return false;
            }

            _lines++;
            _textChars += textChars;
            if (_queued.Count > 0 && _queued[^1].TryAddLine(line, textChars))
            {
                return true;
            }

            var batch = new LineBatch(line.Length);
            batch.TryAddLine(line, textChars);
            _queued.Add(batch);
            if (_queued.Count > 1)
            {
                return true;
            }
        }

        // The queue was empty, so the reader is waiting or will check again before it waits.
        _available.Release();
        return true;
    }

    /// <summary>Waits for lines and takes all of them, oldest first. For a single reader.</summary>
    /// <returns>
    /// Batches to pass to <see cref="ReleaseBatch"/>, valid until the next call; empty after the queue was completed and drained.
    /// </returns>
    public async ValueTask<IReadOnlyList<LineBatch>> TakeAllAsync()
    {
        await _available.WaitAsync(CancellationToken.None);
        _taken.Clear();
        lock (_lock)
        {
            (_queued, _taken) = (_taken, _queued);
        }

        return _taken;
    }

    /// <summary>Makes room for other lines, after those of the batch were written or dropped.</summary>
    public void ReleaseBatch(LineBatch batch)
    {
        lock (_lock)
        {
            _lines -= batch.Lines;
            _textChars -= batch.TextChars;
        }

        batch.ReturnBuffer();
    }

    /// <summary>Rejects further lines; the reader still receives those in the queue, and then an empty list.</summary>
    public void CompleteAdding()
    {
        lock (_lock)
        {
            if (_isCompleted)
            {
                return;
            }

            _isCompleted = true;
        }

        _available.Release();
    }
}
