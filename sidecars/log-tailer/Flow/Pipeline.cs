using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Checkpoint;
using LogTailer.Follow;
using LogTailer.Follow.Remote;
using LogTailer.Sinks;

namespace LogTailer.Flow;

/// <summary>
/// The way of the lines to one sink, whole: follower, blocks in flight, sink, acknowledgement, position. Every sink has a
/// pipeline of its own, so that a slow one holds back nobody; the page cache makes the second reading of a file cheap.
/// </summary>
internal sealed class Pipeline : IAsyncDisposable
{
    private readonly BlockPool _pool;
    private readonly Channel<Block> _blocks;
    private readonly ISink _sink;
    private readonly Delivery _delivery;
    private readonly TailOptions _tail;

    public Pipeline(
        string name,
        string? label,
        LogPattern? pattern,
        TailOptions tail,
        SinkOptions options,
        ISink sink,
        CheckpointWriter checkpoint,
        TailerMetrics metrics,
        Problems problems,
        TimeProvider time,
        ILogger<Follower> logger)
    {
        (Name, _sink, _tail) = (name, sink, tail);
        var sinkMetrics = new SinkMetrics(metrics, label);
        _blocks = Channel.CreateUnbounded<Block>(
            new UnboundedChannelOptions { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = sink.HasOwnThread });
        _pool = new BlockPool(options.MaxInFlightBytes);
        _delivery = new Delivery(_pool, sinkMetrics, checkpoint, time);
        Metrics = sinkMetrics;

        if (tail.Url is { } url)
        {
            Follower = new RemoteFollower(
                url, tail, options.OnFull, checkpoint.Restore(name), _pool, _blocks.Writer, sinkMetrics, () => checkpoint.Moved(0), problems, time, logger);
        }
        else
        {
            Follower = new Follower(
                pattern!, tail, options.OnFull, checkpoint.Restore(name), _pool, _blocks.Writer, ChangeSignal.Create(), sinkMetrics, () => checkpoint.Moved(0), problems, time, logger);
        }

        checkpoint.Track(name, Follower.AddPositions);
    }

    /// <summary>The sink's name, under which the checkpoint keeps its positions.</summary>
    public string Name { get; }

    public SinkMetrics Metrics { get; }

    public IFollower Follower { get; }

    /// <summary>Lines acknowledged since the start.</summary>
    public long Lines => _delivery.Lines;

    /// <summary>Bytes that stand in the files and that the sink has not acknowledged.</summary>
    public long Lag => Follower.Files.Sum(file => file.Lag);

    /// <summary>Runs until <paramref name="finish"/> and everything read by then is acknowledged.</summary>
    /// <param name="finish">Read to the end of what stands there, deliver it, and return.</param>
    /// <param name="abort">Grace is spent: return at once.</param>
    public async Task RunAsync(CancellationToken finish, CancellationToken abort)
    {
        var sending = _sink.RunAsync(_blocks.Reader, _delivery, abort);
        var following = Follower.RunAsync(finish, abort);

        // If one of them breaks, the other would wait for it for ever.
        await await Task.WhenAny(sending, following);
        await Task.WhenAll(sending, following);
    }

    /// <summary>What this pipeline is doing, for <c>/statusz</c>.</summary>
    public JsonObject DescribeStatus()
    {
        var files = Follower.Files;
        var status = new JsonObject
        {
            ["sink"] = _sink.DescribeStatus(),
            ["waiting_for"] = Follower.WaitingFor,
            ["lag_bytes"] = files.Sum(file => file.Lag),
            ["blocks_in_flight"] = _pool.InFlight,
            ["blocks_in_flight_max"] = _pool.Capacity,
            ["lines_acknowledged"] = _delivery.Lines,
            ["last_acknowledged"] = _delivery.LastAcknowledged?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            ["until_end"] = _tail.UntilEnd,
            ["files_followed"] = files.Count,
        };

        var newest = new JsonArray();

        foreach (var file in files.Reverse().Take(20))
        {
            newest.Add(new JsonObject
            {
                ["path"] = file.Path,
                ["inode"] = file.Identity.Inode,
                ["size"] = file.Size,
                ["read"] = file.ReadOffset,
                ["acknowledged"] = file.Acknowledged,
                ["lag_bytes"] = file.Lag,
                ["modified"] = file.Modified.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
                ["rotated_away"] = file.LeftAt is not null,
            });
        }

        status["newest_files"] = newest;
        return status;
    }

    public async ValueTask DisposeAsync()
    {
        await _sink.DisposeAsync();
        (Follower as IDisposable)?.Dispose();
        _pool.Dispose();
    }
}
