using System.Text;
using Agent.RequestLogging;

namespace Agent.Tests.RequestLogging;

public sealed class LineQueueTests
{
    [Fact]
    public async Task Lines_are_taken_complete_and_in_order_whatever_their_length()
    {
        var queue = new LineQueue(1000, long.MaxValue);
        var sent = Enumerable.Range(0, 500).Select(i => $"{i} {new string('x', i % 100 == 0 ? 100_000 : i)}\n").ToList();

        foreach (var line in sent)
        {
            Assert.True(queue.TryAddLine(Encoding.UTF8.GetBytes(line), 0));
        }

        Assert.Equal(500, queue.Count);
        Assert.Equal(string.Concat(sent), await TakeTextAsync(queue));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task Line_beyond_the_bound_is_rejected_until_batches_are_released()
    {
        var queue = new LineQueue(2, long.MaxValue);
        Assert.True(queue.TryAddLine("1\n"u8, 0));
        Assert.True(queue.TryAddLine("2\n"u8, 0));
        Assert.False(queue.TryAddLine("3\n"u8, 0));

        Assert.Equal("1\n2\n", await TakeTextAsync(queue));

        Assert.True(queue.TryAddLine("4\n"u8, 0));
        Assert.Equal("4\n", await TakeTextAsync(queue));
    }

    [Fact]
    public async Task Texts_are_bounded_by_their_characters()
    {
        var queue = new LineQueue(100, 10);
        Assert.True(queue.TryAddLine("1\n"u8, 6));
        Assert.False(queue.TryAddLine("2\n"u8, 5));
        Assert.True(queue.TryAddLine("3\n"u8, 4));

        Assert.Equal("1\n3\n", await TakeTextAsync(queue));
        Assert.True(queue.TryAddLine("4\n"u8, 10));
    }

    [Fact]
    public async Task Completed_queue_rejects_lines_and_can_still_be_drained()
    {
        var queue = new LineQueue(100, long.MaxValue);
        Assert.True(queue.TryAddLine("1\n"u8, 0));
        queue.CompleteAdding();
        queue.CompleteAdding();

        Assert.False(queue.TryAddLine("2\n"u8, 0));
        Assert.Equal("1\n", await TakeTextAsync(queue));
        Assert.Empty(await queue.TakeAllAsync());
    }

    private static async Task<string> TakeTextAsync(LineQueue queue)
    {
        var taken = new StringBuilder();
        foreach (var batch in await queue.TakeAllAsync())
        {
            taken.Append(Encoding.UTF8.GetString(batch.Bytes.Span));
            queue.ReleaseBatch(batch);
        }

        return taken.ToString();
    }
}
