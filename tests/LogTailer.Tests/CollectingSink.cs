using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Blocks;
using LogTailer.Checkpoint;
using LogTailer.Lines;
using LogTailer.Sinks;

namespace LogTailer.Tests;

/// <summary>A sink that collects the lines, and that can be paused.</summary>
internal sealed class CollectingSink : ISink
{
    private readonly List<byte[]> _lines = [];
    private readonly Lock _lock = new();
    private volatile TaskCompletionSource _running = CreateCompleted();

    public List<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines.Select(Encoding.UTF8.GetString)];
            }
        }
    }

    public List<byte[]> RawLines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>Accepts no more lines until <see cref="Resume"/>.</summary>
    public void Pause() => _running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume() => _running.TrySetResult();

    public async Task DeliverBlocksAsync(ChannelReader<Block> blocks, BlockAcknowledger acknowledger, CancellationToken abort)
    {
        await foreach (var block in blocks.ReadAllAsync(abort))
        {
            await _running.Task.WaitAsync(abort);
            CollectLines(block);
            acknowledger.AcknowledgeBlock(block);
        }
    }

    public JsonObject DescribeStatus() => [];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void CollectLines(Block block)
    {
        var lines = block.EnumerateLines();

        lock (_lock)
        {
            while (lines.MoveNext())
            {
                _lines.Add(lines.OriginalLength > 0
                    ? [.. lines.Current, .. LineRules.FormatTruncationMark(lines.OriginalLength)]
                    : lines.Current.ToArray());
            }
        }
    }

    private static TaskCompletionSource CreateCompleted()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}
