using System.Threading.Channels;
using LogTailer.Blocks;
using LogTailer.Checkpoint;
using LogTailer.Follow;
using LogTailer.Metrics;
using LogTailer.Sinks;

namespace LogTailer.Pipelines;

/// <summary>Connects a follower and a sink to a pipeline.</summary>
internal sealed class PipelineFactory(
    FollowerFactory followers, SinkFactory sinks, CheckpointWriter checkpoint, TailerMetrics metrics, Problems problems, TimeProvider time)
{
    /// <summary>Creates one pipeline per sink.</summary>
    public PipelineSet CreatePipelines(IReadOnlyDictionary<string, SinkOptions> options)
        => new([.. options.Select(sink => CreatePipeline(sink.Key, sink.Value, sinks.CreateSink(sink.Key, sink.Value)))]);

    /// <summary>Creates the pipeline of one sink.</summary>
    public Pipeline CreatePipeline(string name, SinkOptions options, ISink sink)
    {
        var sinkMetrics = metrics.CreateSinkMetrics(name);

        // The follower completes the channel, and the sink drains it. Its size is limited by the pool.
        var channel = Channel.CreateUnbounded<Block>(new UnboundedChannelOptions
        {
            SingleReader = true,
            SingleWriter = true,
            AllowSynchronousContinuations = sink.HasDedicatedThread,
        });
        var pool = new BlockPool(options.MaxInFlightBytes);
        var queue = new BlockQueue(pool, channel.Writer, options.OnFull, sinkMetrics, problems);
        var follower = followers.CreateFollower(name, queue, sinkMetrics);
        var acknowledger = new BlockAcknowledger(pool, sinkMetrics, checkpoint, time);
        var pipeline = new Pipeline(name, follower, channel.Reader, sink, acknowledger, pool);
        checkpoint.RegisterSource(name, follower.CollectPositions);
        sinkMetrics.ObserveFiles(() => pipeline.Lag, () => pipeline.OpenFiles);
        return pipeline;
    }
}
