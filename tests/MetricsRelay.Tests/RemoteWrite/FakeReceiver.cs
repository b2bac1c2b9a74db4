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
        /// <summary>Type, help, unit and exemplar: what only version 2.0 has.</summary>
        public (long Type, string Help, string Unit, string Exemplar) More { get; init; }

        public bool IsStale => BitConverter.DoubleToInt64Bits(Value) == 0x7FF0_0000_0000_0002;
    }

    /// <summary>What is done with a request before it is accepted; true when it was answered.</summary>
    public Func<HttpContext, Task<bool>> Trouble { get; set; } = _ => Task.FromResult(false);

    /// <summary>What it does with messages of version 2.0.</summary>
    public Knowledge Of2 { get; set; } = Knowledge.Refuses;

    /// <summary>What was accepted, in order.</summary>
    public ConcurrentQueue<Received> Samples { get; } = new();

    /// <summary>How many messages of version 2.0 came.</summary>
    public int Versions2 { get; private set; }

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

    /// <summary>What a receiver does with messages of version 2.0.</summary>
    public enum Knowledge
    {
        /// <summary>It answers 415.</summary>
        Refuses,

        /// <summary>It does not look at the type, finds nothing that it knows, and answers 204.</summary>
        Ignores,

        /// <summary>It takes them.</summary>
        Takes,
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (await Trouble(context))
        {
            return;
        }

        var message = Fields(Uncompress(body.ToArray()));
        context.Response.StatusCode = 204;
        if (!context.Request.ContentType!.Contains("proto=io.prometheus.write.v2.Request", StringComparison.Ordinal))
        {
            Assert.Equal("0.1.0", context.Request.Headers["X-Prometheus-Remote-Write-Version"]);
            message.ForEach(series => Read(series.Bytes));
            return;
        }

        Assert.Equal("2.0.0", context.Request.Headers["X-Prometheus-Remote-Write-Version"]);
        Versions2++;
        if (Of2 == Knowledge.Takes)
        {
            Read2(message);
            context.Response.Headers["X-Prometheus-Remote-Write-Samples-Written"] =
                message.Count(f => f.Field == 5).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        else if (Of2 == Knowledge.Refuses)
        {
            context.Response.StatusCode = 415;
        }
    }

    private void Read2(List<(int Field, byte[] Bytes, long Number)> message)
    {
        var symbols = message.Where(f => f.Field == 4).Select(f => Encoding.UTF8.GetString(f.Bytes)).ToList();
        Assert.Equal("", symbols[0]);
        Assert.Equal(symbols.Count, symbols.Distinct().Count());
        Assert.All(message, f => Assert.InRange(f.Field, 4, 5));
        foreach (var series in message.Where(f => f.Field == 5))
        {
            var fields = Fields(series.Bytes);
            var labels = Labels(fields[0].Bytes);
            var sample = Fields(fields.Single(f => f.Field == 2).Bytes);
            var metadata = Fields(fields.Single(f => f.Field == 5).Bytes);
            var exemplar = fields.Where(f => f.Field == 4).Select(f => Fields(f.Bytes))
                .Select(e => string.Create(System.Globalization.CultureInfo.InvariantCulture,
                    $"{string.Join(',', e.Where(f => f.Field == 1).SelectMany(f => Labels(f.Bytes)))} {BitConverter.Int64BitsToDouble(e.Single(f => f.Field == 2).Number)} {(e[^1].Number == sample[1].Number ? "at" : e[^1].Number)}"))
                .SingleOrDefault("");
            Assert.Equal(labels.Order(StringComparer.Ordinal), labels);
            Samples.Enqueue(new Received(string.Join(',', labels), BitConverter.Int64BitsToDouble(sample[0].Number), sample[1].Number)
            {
                More = (metadata[0].Number, symbols[(int)metadata[1].Number], symbols[(int)metadata[2].Number], exemplar),
            });
        }

        List<string> Labels(byte[] references)
        {
            var numbers = new List<int>();
            for (var at = 0; at < references.Length;)
            {
                numbers.Add((int)Varint(references, ref at));
            }

            Assert.All(numbers, n => Assert.InRange(n, 1, symbols.Count - 1));
            return [.. numbers.Chunk(2).Select(pair => $"{symbols[pair[0]]}={symbols[pair[1]]}")];
        }
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

    internal static List<(int Field, byte[] Bytes, long Number)> Fields(byte[] message)
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
