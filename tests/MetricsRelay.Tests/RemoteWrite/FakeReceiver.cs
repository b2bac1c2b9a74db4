using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace MetricsRelay.Tests.RemoteWrite;

/// <summary>A receiver of remote write that reads the messages by itself, from Snappy up.</summary>
internal sealed class FakeReceiver : IAsyncDisposable
{
    private FakeTarget _server = null!;

    public sealed record Received(string Series, double Value, long Time)
    {
        public bool IsStale => BitConverter.DoubleToInt64Bits(Value) == 0x7FF0_0000_0000_0002;
    }

    /// <summary>What is done with a request before it is accepted; true when it was answered.</summary>
    public Func<HttpContext, Task<bool>> Trouble { get; set; } = _ => Task.FromResult(false);

    /// <summary>What was accepted, in order.</summary>
    public ConcurrentQueue<Received> Samples { get; } = new();

    public IHeaderDictionary? Headers => _server.LastHeaders;

    public string Url => _server.Url.ToString();

    public static async Task<FakeReceiver> StartAsync()
    {
        var receiver = new FakeReceiver();
        receiver._server = await FakeTarget.StartAsync(receiver.AnswerAsync);
        return receiver;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static byte[] Uncompress(ReadOnlySpan<byte> input)
    {
        var at = 0;
        var output = new byte[Varint(input, ref at)];
        var length = 0;
        while (at < input.Length)
        {
            var tag = input[at++];
            if ((tag & 3) == 0)
            {
                var size = tag >> 2;
                if (size >= 60)
                {
                    var bytes = size - 59;
                    size = 0;
                    for (var i = 0; i < bytes; i++)
                    {
                        size |= input[at++] << (8 * i);
                    }
                }

                size++;
                input.Slice(at, size).CopyTo(output.AsSpan(length));
                at += size;
                length += size;
                continue;
            }

            Assert.Equal(2, tag & 3);
            var offset = BinaryPrimitives.ReadUInt16LittleEndian(input[at..]);
            at += 2;
            for (var i = 0; i <= tag >> 2; i++, length++)
            {
                output[length] = output[length - offset];
            }
        }

        Assert.Equal(output.Length, length);
        return output;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (await Trouble(context))
        {
            return;
        }

        foreach (var series in Fields(Uncompress(body.ToArray())))
        {
            Read(series.Bytes);
        }

        context.Response.StatusCode = 204;
    }

    private void Read(byte[] series)
    {
        var labels = new List<(string Name, string Value)>();
        foreach (var (field, bytes, _) in Fields(series))
        {
            var parts = Fields(bytes).ToList();
            if (field == 1)
            {
                labels.Add((Encoding.UTF8.GetString(parts[0].Bytes), Encoding.UTF8.GetString(parts[1].Bytes)));
                continue;
            }

            Assert.Equal(labels.OrderBy(l => l.Name, StringComparer.Ordinal), labels);
            Assert.Equal(labels.Count, labels.DistinctBy(l => l.Name).Count());
            Assert.DoesNotContain(labels, l => l.Value.Length == 0);
            var name = string.Join(',', labels.Select(l => $"{l.Name}={l.Value}"));
            Samples.Enqueue(new Received(name, BitConverter.Int64BitsToDouble(parts[0].Number), parts[1].Number));
        }
    }

    private static List<(int Field, byte[] Bytes, long Number)> Fields(byte[] message)
    {
        var fields = new List<(int, byte[], long)>();
        for (var at = 0; at < message.Length;)
        {
            var tag = (int)Varint(message, ref at);
            switch (tag & 7)
            {
                case 0:
                    fields.Add((tag >> 3, [], (long)Varint(message, ref at)));
                    break;
                case 1:
                    fields.Add((tag >> 3, [], BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(at))));
                    at += 8;
                    break;
                default:
                    var length = (int)Varint(message, ref at);
                    fields.Add((tag >> 3, message[at..(at + length)], 0));
                    at += length;
                    break;
            }
        }

        return fields;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            value |= (ulong)(bytes[at] & 0x7F) << shift;
            if ((bytes[at++] & 0x80) == 0)
            {
                return value;
            }
        }
    }
}
