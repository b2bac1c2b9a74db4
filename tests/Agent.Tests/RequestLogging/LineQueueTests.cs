using System.Text;
using Agent.RequestLogging;

namespace Agent.Tests.RequestLogging;

public sealed class LineQueueTests
{
    [Fact]
    public async Task Lines_come_out_in_order_and_whole_however_long_they_are()
    {
        var queue = new LineQueue(1000, long.MaxValue);
        var sent = Enumerable.Range(0, 500).Select(i => $"{i} {new string('x', i % 100 == 0 ? 100_000 : i)}\n").ToList();

        foreach (var line in sent)
        {
            Assert.True(queue.TryAdd(Encoding.UTF8.GetBytes(line), 0));
        }

        Assert.Equal(500, queue.Count);
        Assert.Equal(string.Concat(sent), await TakeAsync(queue));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task A_line_beyond_the_bound_is_refused_until_others_are_done()
    {
        var queue = new LineQueue(2, long.MaxValue);
        Assert.True(queue.TryAdd("1\n"u8, 0));
        Assert.True(queue.TryAdd("2\n"u8, 0));
        Assert.False(queue.TryAdd("3\n"u8, 0));

        Assert.Equal("1\n2\n", await TakeAsync(queue));

        Assert.True(queue.TryAdd("4\n"u8, 0));
        Assert.Equal("4\n", await TakeAsync(queue));
    }

    [Fact]
    public async Task Texts_are_bounded_by_their_characters()
    {
        var queue = new LineQueue(100, 10);
        Assert.True(queue.TryAdd("1\n"u8, 6));
        Assert.False(queue.TryAdd("2\n"u8, 5));
        Assert.True(queue.TryAdd("3\n"u8, 4));

        Assert.Equal("1\n3\n", await TakeAsync(queue));
        Assert.True(queue.TryAdd("4\n"u8, 10));
    }

    [Fact]
    public async Task A_closed_queue_takes_nothing_and_gives_what_it_has()
    {
        var queue = new LineQueue(100, long.MaxValue);
        Assert.True(queue.TryAdd("1\n"u8, 0));
        queue.Complete();
        queue.Complete();

        Assert.False(queue.TryAdd("2\n"u8, 0));
        Assert.Equal("1\n", await TakeAsync(queue));
        Assert.Empty(await queue.TakeAsync());
    }

    private static async Task<string> TakeAsync(LineQueue queue)
    {
        var taken = new StringBuilder();
        foreach (var block in await queue.TakeAsync())
        {
            taken.Append(Encoding.UTF8.GetString(block.Bytes.Span));
            queue.Done(block);
        }

        return taken.ToString();
    }
}
