using System.Diagnostics.CodeAnalysis;

namespace Agent.RequestLogging;

/// <summary>
/// The request log's bounded queue: any thread adds lines and never waits, one reader takes all there are at once. Lines are
/// kept as bytes in blocks, so that a line costs a copy and no object, and a block of them is written like one.
/// </summary>
/// <param name="maxLines">Lines that may wait.</param>
/// <param name="maxTextChars">Characters of texts that may wait in them.</param>
[SuppressMessage(
    "Reliability", "CA1001:Types that own disposable fields should be disposable",
    Justification = "A semaphore holds nothing to release unless its wait handle is asked for.")]
internal sealed class LineQueue(int maxLines, long maxTextChars)
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _filled = new(0);
    private List<LineBlock> _blocks = [];
    private List<LineBlock> _taken = [];
    private int _lines;
    private long _textChars;
    private bool _completed;

    /// <summary>Lines that wait, or are being written.</summary>
    public int Count => Volatile.Read(ref _lines);

    /// <returns>False when the queue is full, or closed.</returns>
    public bool TryAdd(ReadOnlySpan<byte> line, int textChars)
    {
        lock (_lock)
        {
            if (_completed || _lines >= maxLines || _textChars + textChars > maxTextChars)
            {
                return false;
            }

            _lines++;
            _textChars += textChars;
            if (_blocks.Count > 0 && _blocks[^1].TryAdd(line, textChars))
            {
                return true;
            }

            var block = new LineBlock(line.Length);
            block.TryAdd(line, textChars);
            _blocks.Add(block);
            if (_blocks.Count > 1)
            {
                return true;
            }
        }

        // It was empty: the reader waits, or will look before it waits again.
        _filled.Release();
        return true;
    }

    /// <summary>Waits until there are lines, and takes them all, oldest first. To be called by one at a time.</summary>
    /// <returns>Good until the next call, and each block to be <see cref="Done"/>; empty when the queue is closed and was emptied.</returns>
    public async ValueTask<IReadOnlyList<LineBlock>> TakeAsync()
    {
        await _filled.WaitAsync(CancellationToken.None);
        _taken.Clear();
        lock (_lock)
        {
            (_blocks, _taken) = (_taken, _blocks);
        }

        return _taken;
    }

    /// <summary>A block's lines are written, or lost: they make room for others.</summary>
    public void Done(LineBlock block)
    {
        lock (_lock)
        {
            _lines -= block.Lines;
            _textChars -= block.TextChars;
        }

        block.Release();
    }

    /// <summary>Closes the queue: the reader gets what is in it, and then nothing.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            if (_completed)
            {
                return;
            }

            _completed = true;
        }

        _filled.Release();
    }
}
