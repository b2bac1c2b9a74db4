using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Blocks;
using LogTailer.Checkpoint;
using LogTailer.Files;
using LogTailer.Follow;
using LogTailer.Sinks;

namespace LogTailer.Pipelines;

/// <summary>
/// The complete path of the lines to one sink: follower, blocks in flight, sink, acknowledgement. Every sink has its own pipeline, so that
/// a slow sink does not delay the others. The page cache makes it cheap to read a file several times.
/// </summary>
internal sealed class Pipeline(
    string name, IFollower follower, ChannelReader<Block> blocks, ISink sink, BlockAcknowledger acknowledger, BlockPool pool)
    : IAsyncDisposable
{
    private const int MaxFilesShown = 20;

    /// <summary>The name of the sink, which is also the key of its positions in the checkpoint.</summary>
    public string Name => name;

    public IFollower Follower => follower;

    /// <summary>The number of lines acknowledged since the start.</summary>
    public long Lines => acknowledger.Lines;

    /// <summary>The bytes in the files that the sink has not acknowledged.</summary>
    public long Lag => follower.Files.Sum(file => file.Lag);

    /// <summary>The number of files held open.</summary>
    public int OpenFiles => follower.Files.Count(file => file.Handle is not null);

    /// <summary>Runs until <paramref name="finish"/> is requested and everything read by then is acknowledged.</summary>
    /// <param name="finish">Requests to read and deliver the lines that exist at that moment, and to return.</param>
    /// <param name="abort">Stops immediately: the shutdown timed out.</param>
    public async Task RunPipelineAsync(CancellationToken finish, CancellationToken abort)
    {
        var delivering = sink.DeliverBlocksAsync(blocks, acknowledger, abort);
        var following = follower.FollowLogAsync(finish, abort);

        // When one of them fails, the other may wait for it and never return.
        await await Task.WhenAny(delivering, following);
        await Task.WhenAll(delivering, following);
    }

    /// <summary>The state of the pipeline for <c>/statusz</c>. Called on any thread.</summary>
    public JsonObject DescribeStatus()
    {
        var files = follower.Files;

        return new JsonObject
        {
            ["sink"] = sink.DescribeStatus(),
            ["waiting_for"] = follower.WaitingFor,
            ["lag_bytes"] = files.Sum(file => file.Lag),
            ["blocks_in_flight"] = pool.InFlight,
            ["max_blocks_in_flight"] = pool.Capacity,
            ["lines_acknowledged"] = acknowledger.Lines,
            ["last_acknowledged_at"] = acknowledger.LastAcknowledged is { } last ? FormatTime(last.UtcDateTime) : null,
            ["files_followed"] = files.Count,
            ["newest_files"] = new JsonArray([.. files.Reverse().Take(MaxFilesShown).Select(DescribeFile)]),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await sink.DisposeAsync();
        (follower as IDisposable)?.Dispose();
        pool.Dispose();
    }

    private static JsonObject DescribeFile(FollowedFile file) => new()
    {
        ["path"] = file.Path,
        ["inode"] = file.Identity.Inode,
        ["size"] = file.Size,
        ["read_offset"] = file.ReadOffset,
        ["acknowledged_offset"] = file.Acknowledged,
        ["lag_bytes"] = file.Lag,
        ["modified_at"] = FormatTime(file.Modified),
        ["rotated"] = file.RotatedAt is not null,
    };

    private static string FormatTime(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
