using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Flow;
using LogTailer.Lines;
using LogTailer.Sinks;

namespace LogTailer.Tests;

/// <summary>A sink that keeps the lines, and that can be made to take nothing.</summary>
internal sealed class CollectingSink : ISink
{
    private readonly List<byte[]> _lines = [];
    private readonly Lock _lock = new();
    private volatile TaskCompletionSource _open = Opened();

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

    /// <summary>From now on nothing is taken.</summary>
    public void Hold() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes lines again.</summary>
    public void Release() => _open.TrySetResult();

    public async Task RunAsync(ChannelReader<Block> blocks, Delivery delivery, CancellationToken abort)
    {
        await foreach (var block in blocks.ReadAllAsync(abort))
        {
            await _open.Task.WaitAsync(abort);
            Keep(block);
            delivery.Acknowledge(block);
        }
    }

    public JsonObject DescribeStatus() => [];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Keep(Block block)
    {
        var lines = block.EnumerateLines();

        lock (_lock)
        {
            while (lines.MoveNext())
            {
                _lines.Add(lines.CutFrom > 0 ? [.. lines.Current, .. LineRules.CutMark(lines.CutFrom)] : lines.Current.ToArray());
            }
        }
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}
