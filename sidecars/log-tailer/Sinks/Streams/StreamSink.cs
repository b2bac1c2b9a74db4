using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Flow;
using LogTailer.Lines;
using LogTailer.Transform;

namespace LogTailer.Sinks.Streams;

/// <summary>
/// Writes lines to a stream as they are: a block that needs no touching goes out in one write. It has a thread of its own,
/// because a write blocks for as long as the reader does not read; a thread that is stuck there does not hold up the end.
/// </summary>
internal sealed class StreamSink(IByteStream stream, TransformSlot slot, string name, Problems problems, Liveness liveness, TimeProvider time) : ISink
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(5);

    private readonly string _area = $"sink {name}";
    private readonly ByteBuffer _shaped = new();
    private long _writingSince;

    public bool HasOwnThread => true;

    // A write that is stuck is not waited for once grace is spent.
    public Task RunAsync(ChannelReader<Block> blocks, Delivery delivery, CancellationToken abort)
        => OwnThread.Run(_area, () => Run(blocks, delivery, abort), abort).WaitAsync(abort);

    public JsonObject DescribeStatus() => new()
    {
        ["type"] = stream is StandardOutput ? "stdout" : "file",
        ["target"] = stream.Name,
        ["blocked_seconds"] = Interlocked.Read(ref _writingSince) is > 0 and var since ? Math.Round(time.GetElapsedTime(since).TotalSeconds, 1) : 0,
    };

    public ValueTask DisposeAsync()
    {
        // A write that is stuck still uses the stream; the process's end closes it.
        if (Interlocked.Read(ref _writingSince) == 0)
        {
            stream.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private void Run(ChannelReader<Block> blocks, Delivery delivery, CancellationToken abort)
    {
        // Without spinning: lines that come one by one are further apart than it is worth being awake for.
        using var handedOn = new ManualResetEventSlim(false, spinCount: 0);
        Action handOn = handedOn.Set;

        bool WaitToRead()
        {
            var waiting = blocks.WaitToReadAsync(abort);

            if (!waiting.IsCompleted)
            {
                handedOn.Reset();
                waiting.GetAwaiter().UnsafeOnCompleted(handOn);
                handedOn.Wait(CancellationToken.None);
            }

            return waiting.GetAwaiter().GetResult();
        }

        while (WaitToRead())
        {
            while (blocks.TryRead(out var block))
            {
                var began = time.GetTimestamp();
                WriteWhole(Shape(block, delivery.Metrics), delivery, abort);
                delivery.Metrics.BatchDone("ok", time.GetElapsedTime(began));
                delivery.Acknowledge(block);
                YoungGarbage.Collect();
            }
        }
    }

    /// <summary>The bytes to write: the block's own, or where lines need shaping a copy of them.</summary>
    private ReadOnlySpan<byte> Shape(Block block, SinkMetrics metrics)
    {
        var transform = slot.Current;

        if (block.AsItIs && transform is null)
        {
            return block.Bytes;
        }

        _shaped.Clear();
        var filtered = 0;
        var lines = block.EnumerateLines();

        while (lines.MoveNext())
        {
            if (transform is null)
            {
                _shaped.Append(lines.Current);

                if (lines.CutFrom > 0)
                {
                    _shaped.Append(LineRules.CutMark(lines.CutFrom));
                }
            }
            else if (!transform.Apply(lines.Current, lines.CutFrom, _shaped))
            {
                filtered++;
                continue;
            }

            _shaped.Append((byte)'\n');
        }

        metrics.Filtered(filtered);
        return _shaped.Bytes;
    }

    private void WriteWhole(ReadOnlySpan<byte> bytes, Delivery delivery, CancellationToken abort)
    {
        var wait = FirstRetry;

        while (!bytes.IsEmpty)
        {
            abort.ThrowIfCancellationRequested();

            try
            {
                Interlocked.Exchange(ref _writingSince, time.GetTimestamp());
                bytes = bytes[stream.Write(bytes)..];
                Interlocked.Exchange(ref _writingSince, 0);

                if (wait != FirstRetry)
                {
                    problems.Clear(_area);
                    wait = FirstRetry;
                }

                continue;
            }
            catch (BrokenStreamException exception)
            {
                problems.Report(_area, exception.Message, "Start the container anew: that gives it a new stdout. Nothing is lost, the file keeps the lines.", exception);
                liveness.Fail(exception.Message);
                delivery.Metrics.Retried("broken_pipe");
            }
            catch (IOException exception)
            {
                problems.Report(_area, $"{stream.Name} cannot be written to.", "Make room on the volume, or see to its permissions; it is tried again.", exception);
                delivery.Metrics.Retried("io");
            }

            Interlocked.Exchange(ref _writingSince, 0);
            abort.WaitHandle.WaitOne(wait);
            wait = wait * 2 < LastRetry ? wait * 2 : LastRetry;
        }
    }
}
