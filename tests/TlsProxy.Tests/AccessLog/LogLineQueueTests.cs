using System.Text;
using TlsProxy.AccessLog;

namespace TlsProxy.Tests.AccessLog;

public sealed class LogLineQueueTests
{
    [Fact]
    public void Lines_are_returned_together_and_in_order()
    {
        using var queue = new LogLineQueue(1024);
        Assert.True(queue.TryAppendLine("one\n"u8));
        Assert.True(queue.TryAppendLine("two\n"u8));

        Assert.True(queue.WaitForLines(out var lines));

        Assert.Equal("one\ntwo\n", Encoding.ASCII.GetString(lines));
    }

    [Fact]
    public void Line_over_the_capacity_is_rejected_until_the_queue_is_read()
    {
        using var queue = new LogLineQueue(10);
        Assert.True(queue.TryAppendLine("123456789\n"u8));
        Assert.False(queue.TryAppendLine("x\n"u8));

        queue.WaitForLines(out var lines);
        queue.RecycleBuffer(lines.Array!);

        Assert.True(queue.TryAppendLine("x\n"u8));
    }

    [Fact]
    public void Closed_queue_returns_its_last_lines_and_rejects_further_ones()
    {
        using var queue = new LogLineQueue(1024);
        queue.TryAppendLine("last\n"u8);
        queue.CloseQueue();

        Assert.False(queue.TryAppendLine("late\n"u8));
        Assert.False(queue.WaitForLines(out var lines));
        Assert.Equal("last\n", Encoding.ASCII.GetString(lines));
    }
}
