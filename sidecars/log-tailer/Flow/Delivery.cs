using LogTailer.Checkpoint;

namespace LogTailer.Flow;

/// <summary>The way back: a block is acknowledged, the position moves, the buffer is free again.</summary>
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

    /// <summary>The sink has the lines of <paramref name="block"/>, and all those before.</summary>
    public void Acknowledge(Block block)
    {
        var now = time.GetUtcNow();
        block.File.Acknowledge(block.End);
        metrics.Acknowledged(block, now.UtcDateTime - block.Written);
        checkpoint.Moved(block.End - block.Start);
        Interlocked.Exchange(ref _lastAcknowledged, now.UtcTicks);
        Interlocked.Add(ref _lines, block.Lines);
        pool.Return(block);
    }
}
