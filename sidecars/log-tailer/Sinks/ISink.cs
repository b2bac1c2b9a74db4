using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Blocks;
using LogTailer.Checkpoint;

namespace LogTailer.Sinks;

/// <summary>Delivers the lines of blocks in order, and acknowledges each block when the destination has its lines.</summary>
internal interface ISink : IAsyncDisposable
{
    /// <summary>
    /// Whether blocks are consumed on a dedicated thread, so that the writer of the channel may run the continuation directly.
    /// </summary>
    bool HasDedicatedThread => false;

    /// <summary>Delivers blocks until the channel is completed and empty.</summary>
    /// <param name="blocks">The blocks, in order.</param>
    /// <param name="acknowledger">Receives the acknowledgements.</param>
    /// <param name="abort">Stops immediately. Unacknowledged lines are shipped again after the next start.</param>
    Task DeliverBlocksAsync(ChannelReader<Block> blocks, BlockAcknowledger acknowledger, CancellationToken abort);

    /// <summary>The state of the sink for <c>/statusz</c>. Called on any thread.</summary>
    JsonObject DescribeStatus();
}
