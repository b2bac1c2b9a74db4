using LogTailer.Blocks;
using LogTailer.Metrics;

namespace LogTailer.Checkpoint;

/// <summary>Handles the acknowledgements of one sink: moves the position, notifies the checkpoint and frees the block.</summary>
internal sealed class BlockAcknowledger(BlockPool pool, SinkMetrics metrics, CheckpointWriter checkpoint, TimeProvider time)
{
    private long _lastAcknowledgedTicks;
    private long _lines;

    /// <summary>The metrics of this sink.</summary>
    public SinkMetrics Metrics => metrics;

    /// <summary>The time of the last acknowledgement; null before the first.</summary>
    public DateTimeOffset? LastAcknowledged
        => Interlocked.Read(ref _lastAcknowledgedTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>The number of lines acknowledged since the start.</summary>
    public long Lines => Interlocked.Read(ref _lines);

    /// <summary>Acknowledges all lines up to the end of <paramref name="block"/>, and frees the block.</summary>
    public void AcknowledgeBlock(Block block)
    {
        AcknowledgeReceipt(
            new LineReceipt(block.File, block.End, block.End - block.Start, block.Lines, block.TruncatedLines, block.ModifiedAt));
        ReleaseBlock(block);
    }

    /// <summary>Acknowledges all lines up to the end of <paramref name="receipt"/>.</summary>
    public void AcknowledgeReceipt(in LineReceipt receipt)
    {
        var now = time.GetUtcNow();
        receipt.File.AcknowledgeUpTo(receipt.End);
        metrics.CountAcknowledgement(receipt, now.UtcDateTime - receipt.ModifiedAt);
        checkpoint.ReportProgress(receipt.Bytes);
        Interlocked.Exchange(ref _lastAcknowledgedTicks, now.UtcTicks);
        Interlocked.Add(ref _lines, receipt.Lines);
    }

    /// <summary>Frees a block whose lines were copied elsewhere.</summary>
    public void ReleaseBlock(Block block) => pool.ReturnBlock(block);
}
