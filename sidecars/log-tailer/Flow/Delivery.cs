using LogTailer.Checkpoint;

namespace LogTailer.Flow;

/// <summary>The way back: lines are acknowledged, the position moves, the buffer is free again.</summary>
internal sealed class Delivery(BlockPool pool, SinkMetrics metrics, CheckpointWriter checkpoint, TimeProvider time)
{
    private long _lastAcknowledged;
    private long _lines;

    /// <summary>The instruments of this sink.</summary>
    public SinkMetrics Metrics => metrics;

    /// <summary>When the sink last acknowledged something; null before the first time.</summary>
    public DateTimeOffset? LastAcknowledged => Interlocked.Read(ref _lastAcknowledged) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Lines acknowledged since the start.</summary>
    public long Lines => Interlocked.Read(ref _lines);

    /// <summary>The sink has the lines of <paramref name="block"/> and all those before; the block is free again.</summary>
    public void Acknowledge(Block block)
    {
        Acknowledge(new Receipt(block.File, block.End, block.End - block.Start, block.Lines, block.CutLines, block.Written));
        Release(block);
    }

    /// <summary>The sink has the lines that <paramref name="receipt"/> stands for, and all those before.</summary>
    public void Acknowledge(in Receipt receipt)
    {
        var now = time.GetUtcNow();
        receipt.File.Acknowledge(receipt.End);
        metrics.Acknowledged(receipt, now.UtcDateTime - receipt.Written);
        checkpoint.Moved(receipt.Bytes);
        Interlocked.Exchange(ref _lastAcknowledged, now.UtcTicks);
        Interlocked.Add(ref _lines, receipt.Lines);
    }

    /// <summary>The lines of <paramref name="block"/> are held elsewhere: its buffer is free again.</summary>
    public void Release(Block block) => pool.Return(block);
}
