using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Flow;

namespace LogTailer.Sinks;

/// <summary>Takes blocks in order, delivers their lines, and acknowledges each block once its lines are safe at the far end.</summary>
internal interface ISink : IAsyncDisposable
{
    /// <summary>Whether it waits for blocks on a thread of its own, so that whoever hands one on need not leave its waking to the thread pool.</summary>
    bool HasOwnThread => false;

    /// <summary>Delivers until the channel is completed and empty.</summary>
    /// <param name="blocks">What to deliver, in order.</param>
    /// <param name="delivery">Where to acknowledge.</param>
    /// <param name="abort">Give up: what is not acknowledged by now is sent again after the next start.</param>
    Task RunAsync(ChannelReader<Block> blocks, Delivery delivery, CancellationToken abort);

    /// <summary>What the sink is doing, for <c>/statusz</c>. Called on any thread.</summary>
    JsonObject DescribeStatus();
}
