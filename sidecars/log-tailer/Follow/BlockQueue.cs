using System.Threading.Channels;
using LogTailer.Blocks;
using LogTailer.Metrics;

namespace LogTailer.Follow;

/// <summary>Passes blocks from a follower to its sink, in order. The pool limits the memory in flight; the channel is unbounded.</summary>
/// <remarks>The follower completes the channel when it is done, and the sink drains it.</remarks>
internal sealed class BlockQueue(BlockPool pool, ChannelWriter<Block> writer, BackpressureMode mode, SinkMetrics metrics, Problems problems)
{
    /// <summary>Whether new lines are dropped while no block is free.</summary>
    public bool DropsLines => mode == BackpressureMode.Drop;

    /// <summary>Waits on the calling thread until a block is free; null after <paramref name="timeout"/>.</summary>
    public Block? RentBlock(TimeSpan timeout, CancellationToken cancellationToken) => pool.RentBlock(timeout, cancellationToken);

    /// <summary>Waits until a block is free; null after <paramref name="timeout"/>.</summary>
    public ValueTask<Block?> RentBlockAsync(TimeSpan timeout, CancellationToken cancellationToken)
        => pool.RentBlockAsync(timeout, cancellationToken);

    /// <summary>Returns a block that was not needed.</summary>
    public void ReturnBlock(Block block) => pool.ReturnBlock(block);

    /// <summary>Passes a block to the sink.</summary>
    public void EnqueueBlock(Block block) => writer.TryWrite(block);

    /// <summary>Declares that no more blocks follow.</summary>
    public void CompleteQueue() => writer.TryComplete();

    /// <summary>Counts dropped lines, and reports the problem.</summary>
    public void ReportDroppedLines(int lines)
    {
        metrics.CountDroppedLines(lines);
        problems.Report(
            "sink",
            "Backpressure: the sink accepts no lines, and new lines are dropped because Sink:OnFull is drop.",
            "Check why the sink does not accept lines. To lose no lines, set Sink:OnFull to wait.");
    }
}
