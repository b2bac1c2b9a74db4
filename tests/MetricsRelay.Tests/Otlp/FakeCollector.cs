using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using MetricsRelay.Tests.RemoteWrite;
using Microsoft.AspNetCore.Http;

namespace MetricsRelay.Tests.Otlp;

/// <summary>A collector that reads the messages by itself, by the numbers of opentelemetry-proto's metrics.proto.</summary>
internal sealed class FakeCollector : IAsyncDisposable
{
    private FakeTarget _server = null!;

    /// <summary>A point, as one line of text that has all of it, and when it is and counts from, in milliseconds.</summary>
    public sealed record Point(string Metric, string Attributes, string Data, long Start, long Time, bool IsEnd);

    public Func<HttpContext, Task<bool>> Trouble { get; set; } = _ => Task.FromResult(false);

    /// <summary>What is answered to what is taken.</summary>
    public byte[] Answer { get; set; } = [];

    public ConcurrentQueue<Point> Points { get; } = new();

    public ConcurrentDictionary<string, string> Resources { get; } = new();

    public IHeaderDictionary? Headers => _server.LastHeaders;

    public string Path { get; private set; } = "";

    public Uri Url => new(_server.Url, "/");

    public static async Task<FakeCollector> StartAsync()
    {
        var collector = new FakeCollector();
        collector._server = await FakeTarget.StartAsync(collector.AnswerAsync);
        return collector;
    }

    public Point? Last(string metric, string attributes = "") => Points.LastOrDefault(p => p.Metric == metric && p.Attributes == attributes);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await using (var zip = new GZipStream(context.Request.Body, CompressionMode.Decompress))
        {
            await zip.CopyToAsync(body);
        }

        if (await Trouble(context))
        {
            return;
        }

        Path = context.Request.Path;
        Read(body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
        await context.Response.Body.WriteAsync(Answer);
    }

    private void Read(byte[] request)
    {
        foreach (var resourceMetrics in All(request, 1))
        {
            foreach (var attribute in All(All(resourceMetrics, 1).Single(), 1).Select(Attribute))
            {
                Resources[attribute.Name] = attribute.Value;
            }

            foreach (var metric in All(resourceMetrics, 2).SelectMany(scope => All(scope, 2)))
            {
                ReadMetric(FakeReceiver.Fields(metric));
            }
        }
    }

    private void ReadMetric(List<(int Field, byte[] Bytes, long Number)> metric)
    {
        var name = Encoding.UTF8.GetString(metric.Single(f => f.Field == 1).Bytes);
        var help = Encoding.UTF8.GetString(metric.SingleOrDefault(f => f.Field == 2, (0, [], 0)).Bytes);
        var unit = Encoding.UTF8.GetString(metric.SingleOrDefault(f => f.Field == 3, (0, [], 0)).Bytes);
        var data = metric.Single(f => f.Field is 5 or 7 or 9 or 11);
        var fields = FakeReceiver.Fields(data.Bytes);
        var kind = data.Field switch { 5 => "gauge", 7 => "sum", 9 => "histogram", _ => "summary" };
        if (data.Field is 7 or 9)
        {
            Assert.Equal(2, fields.Single(f => f.Field == 2).Number);
        }

        var head = string.Join(' ', new[] { kind, fields.Any(f => f.Field == 3 && f.Number == 1) ? "monotonic" : "", unit, help }.Where(t => t.Length > 0));
        foreach (var point in fields.Where(f => f.Field == 1 && f.Bytes.Length > 0))
        {
            Points.Enqueue(ReadPoint(name, head, data.Field == 9, FakeReceiver.Fields(point.Bytes)));
        }
    }

    private static Point ReadPoint(string name, string head, bool isHistogram, List<(int Field, byte[] Bytes, long Number)> point)
    {
        var attributes = point.Where(f => f.Field == (isHistogram ? 9 : 7)).Select(f => Attribute(f.Bytes)).Select(a => $"{a.Name}={a.Value}");
        var isSummary = head.StartsWith("summary", StringComparison.Ordinal);
        var parts = new List<string> { head };
        foreach (var (field, bytes, number) in point)
        {
            switch (field)
            {
                case 4 when isHistogram || isSummary:
                    parts.Add($"count {number}");
                    break;
                case 4:
                    parts.Add(Text(number));
                    break;
                case 5 when isHistogram || isSummary:
                    parts.Add($"sum {Text(number)}");
                    break;
                case 6 when isHistogram:
                    parts.Add($"buckets {string.Join(',', Numbers(bytes))}");
                    break;
                case 6:
                    var quantile = FakeReceiver.Fields(bytes);
                    parts.Add($"q{Text(quantile[0].Number)}={Text(quantile[1].Number)}");
                    break;
                case 7 when isHistogram:
                    parts.Add($"bounds {string.Join(',', Numbers(bytes).Select(Text))}");
                    break;
                case 5 or 8 when bytes.Length > 0:
                    var exemplar = FakeReceiver.Fields(bytes);
                    parts.Add($"exemplar {Text(exemplar.Single(f => f.Field == 3).Number)} {string.Concat(exemplar.Where(f => f.Field == 5).Select(f => Convert.ToHexStringLower(f.Bytes)))}".TrimEnd());
                    break;
            }
        }

        var isEnd = point.Any(f => f.Field == (isHistogram ? 10 : 8) && f.Bytes.Length == 0 && f.Number == 1);
        return new Point(name, string.Join(',', attributes), string.Join("; ", parts),
            point.Single(f => f.Field == 2).Number / 1_000_000, point.Single(f => f.Field == 3).Number / 1_000_000, isEnd);
    }

    private static IEnumerable<byte[]> All(byte[] message, int field) => FakeReceiver.Fields(message).Where(f => f.Field == field).Select(f => f.Bytes);

    private static (string Name, string Value) Attribute(byte[] pair)
    {
        var fields = FakeReceiver.Fields(pair);
        return (Encoding.UTF8.GetString(fields[0].Bytes), Encoding.UTF8.GetString(FakeReceiver.Fields(fields[1].Bytes)[0].Bytes));
    }

    private static IEnumerable<long> Numbers(byte[] packed) => packed.Chunk(8).Select(chunk => BinaryPrimitives.ReadInt64LittleEndian(chunk));

    private static string Text(long bits) => BitConverter.Int64BitsToDouble(bits).ToString(CultureInfo.InvariantCulture);
}
