using System.Text;
using TlsProxy.Http1Upstream;

namespace TlsProxy.Tests.Http1Upstream;

public sealed class BufferTests
{
    [Fact]
    public void Receive_buffer_keeps_unconsumed_bytes_while_it_grows()
    {
        var buffer = new ReceiveBuffer();
        var expected = new StringBuilder();
        for (var i = 0; i < 2_000; i++)
        {
            var text = $"header {i}\r\n";
            ReceiveText(buffer, text);
            expected.Append(text);
        }

        Assert.Equal(expected.ToString(), Encoding.ASCII.GetString(buffer.Unconsumed));
        buffer.ConsumeBytes("header 0\r\n".Length);
        Assert.StartsWith("header 1\r\n", Encoding.ASCII.GetString(buffer.Unconsumed), StringComparison.Ordinal);
        buffer.ConsumeBytes(buffer.Unconsumed.Length);
        buffer.ReleaseRentedArray();
        Assert.True(buffer.Unconsumed.IsEmpty);
    }

    [Fact]
    public void Receive_buffer_rejects_a_head_over_the_limit()
    {
        var buffer = new ReceiveBuffer();

        Assert.Throws<MalformedResponseException>(() => FillBuffer(buffer));
        Assert.True(buffer.Unconsumed.Length >= ReceiveBuffer.MaximumHeadBytes);
    }

    [Fact]
    public void Send_buffer_frames_chunks_and_grows_when_needed()
    {
        var buffer = new SendBuffer();
        buffer.RentArray(16);
        buffer.AppendAscii(new string('a', 100));
        buffer.AppendLatin1("é ");
        buffer.AppendNumber(long.MaxValue);

        Assert.Equal(new string('a', 100) + "é 9223372036854775807", Encoding.Latin1.GetString(buffer.Content.Span));

        buffer.ClearContent();
        var piece = Encoding.ASCII.GetBytes("hello");
        const int offset = SendBuffer.ChunkHeadBytes + 3;
        piece.CopyTo(buffer.GetMemory(offset, piece.Length));
        buffer.CommitChunk(offset, piece.Length);

        Assert.Equal("0005\r\nhello\r\n", Encoding.ASCII.GetString(buffer.Content.Span));
        buffer.ReleaseArray();
    }

    private static void FillBuffer(ReceiveBuffer buffer)
    {
        while (buffer.Unconsumed.Length <= 2 * ReceiveBuffer.MaximumHeadBytes)
        {
            buffer.CommitReceived(buffer.GetFreeMemory().Length);
        }
    }

    private static void ReceiveText(ReceiveBuffer buffer, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text).AsMemory();
        while (!bytes.IsEmpty)
        {
            var free = buffer.GetFreeMemory();
            var length = Math.Min(free.Length, bytes.Length);
            bytes[..length].CopyTo(free);
            buffer.CommitReceived(length);
            bytes = bytes[length..];
        }
    }
}
