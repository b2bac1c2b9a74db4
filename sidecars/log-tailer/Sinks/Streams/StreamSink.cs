using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Blocks;
using LogTailer.Checkpoint;
using LogTailer.Lines;
using LogTailer.Metrics;
using LogTailer.Threading;
using LogTailer.Transform;

namespace LogTailer.Sinks.Streams;

/// <summary>
/// Writes lines to a stream. A block that needs no change is written with a single call. Writes block while the reader does not read, so
/// they run on a dedicated thread, and shutdown does not wait for a blocked write.
/// </summary>
internal sealed class StreamSink(
    IByteStream stream, TransformSlot slot, string name, Problems problems, Liveness liveness, TimeProvider time) : ISink
{
    private static readonly TimeSpan InitialRetryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(5);

    private readonly string _problemArea = $"sink {name}";
    private readonly ByteBuffer _transformed = new();
    private long _blockedSince;

    public bool HasDedicatedThread => true;

    public Task DeliverBlocksAsync(ChannelReader<Block> blocks, BlockAcknowledger acknowledger, CancellationToken abort)
    {
        acknowledger.Metrics.DeclareBatchOutcomes("ok");
        acknowledger.Metrics.DeclareRetryReasons("io", "broken_pipe");
        return DedicatedThread.RunBlocking(_problemArea, () => WriteBlocks(blocks, acknowledger, abort), abort).WaitAsync(abort);
    }

    public JsonObject DescribeStatus() => new()
    {
        ["type"] = stream is StandardOutputStream ? "stdout" : "file",
        ["target"] = stream.Name,
        ["blocked_seconds"] = GetBlockedSeconds(),
    };

    public ValueTask DisposeAsync()
    {
        // A blocked write still uses the stream. It is closed when the process exits.
        if (Interlocked.Read(ref _blockedSince) == 0)
        {
            stream.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private void WriteBlocks(ChannelReader<Block> blocks, BlockAcknowledger acknowledger, CancellationToken abort)
    {
        // No spinning: the time between single lines is usually longer than spinning is worth.
        using var blockArrived = new ManualResetEventSlim(false, spinCount: 0);
        Action signalArrival = blockArrived.Set;

        bool WaitToRead()
        {
            var waiting = blocks.WaitToReadAsync(abort);

            if (!waiting.IsCompleted)
            {
                blockArrived.Reset();
                waiting.GetAwaiter().UnsafeOnCompleted(signalArrival);
                blockArrived.Wait(CancellationToken.None);
            }

            return waiting.GetAwaiter().GetResult();
        }

        while (WaitToRead())
        {
            while (blocks.TryRead(out var block))
            {
                var startedAt = time.GetTimestamp();
                WriteWithRetry(TransformBlock(block, acknowledger.Metrics), acknowledger.Metrics, abort);
                acknowledger.Metrics.CountBatch("ok", time.GetElapsedTime(startedAt));
                acknowledger.AcknowledgeBlock(block);
            }
        }
    }

    private double GetBlockedSeconds()
        => Interlocked.Read(ref _blockedSince) is > 0 and var since ? Math.Round(time.GetElapsedTime(since).TotalSeconds, 1) : 0;

    /// <summary>Returns the bytes to write: the block's own, or a transformed copy.</summary>
    private ReadOnlySpan<byte> TransformBlock(Block block, SinkMetrics metrics)
    {
        var transform = slot.Current;

        if (block.IsVerbatim && transform is null)
        {
            return block.Bytes;
        }

        _transformed.ClearBytes();
        var filtered = 0;
        var lines = block.EnumerateLines();

        while (lines.MoveNext())
        {
            if (transform is null)
            {
                _transformed.AppendBytes(lines.Current);

                if (lines.OriginalLength > 0)
                {
                    _transformed.AppendBytes(LineRules.FormatTruncationMark(lines.OriginalLength));
                }
            }
            else if (!transform.TryApply(lines.Current, lines.OriginalLength, _transformed))
            {
                filtered++;
                continue;
            }

            _transformed.AppendByte((byte)'\n');
        }

        metrics.CountFilteredLines(filtered);
        return _transformed.Bytes;
    }

    private void WriteWithRetry(ReadOnlySpan<byte> bytes, SinkMetrics metrics, CancellationToken abort)
    {
        var delay = InitialRetryDelay;

        while (!bytes.IsEmpty)
        {
            abort.ThrowIfCancellationRequested();

            try
            {
                Interlocked.Exchange(ref _blockedSince, time.GetTimestamp());
                bytes = bytes[stream.WriteBytes(bytes)..];
                Interlocked.Exchange(ref _blockedSince, 0);

                if (delay != InitialRetryDelay)
                {
                    problems.Clear(_problemArea);
                    delay = InitialRetryDelay;
                }

                continue;
            }
            catch (BrokenStreamException exception)
            {
                problems.Report(
                    _problemArea,
                    exception.Message,
                    "Restart the container, which gives it a new stdout. No line is lost: unacknowledged lines stay in the file.",
                    exception);
                liveness.Fail(exception.Message);
                metrics.CountRetry("broken_pipe");
            }
            catch (IOException exception)
            {
                problems.Report(
                    _problemArea,
                    $"{stream.Name} cannot be written.",
                    "Retrying. Check free space and permissions of the volume.",
                    exception);
                metrics.CountRetry("io");
            }

            Interlocked.Exchange(ref _blockedSince, 0);
            abort.WaitHandle.WaitOne(delay);
            delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
        }
    }
}
