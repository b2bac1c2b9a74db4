using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Snappier;
using V1 = MetricsRelay.Tests.Protos.RemoteWriteV1;
using V2 = MetricsRelay.Tests.Protos.RemoteWriteV2;

namespace MetricsRelay.Tests.Forwarding.RemoteWrite;

/// <summary>A remote write receiver that decodes messages with Snappier and Google.Protobuf.</summary>
internal sealed class FakeReceiver : IAsyncDisposable
{
    private FakeTarget _server = null!;

    /// <summary>How a receiver responds to messages of version 2.0.</summary>
    public enum Version2Support
    {
        /// <summary>It answers 415.</summary>
        Rejects,

        /// <summary>It ignores the content type, finds no known field, and answers 204.</summary>
        Ignores,

        /// <summary>It accepts them.</summary>
        Accepts,
    }

    /// <summary>Handles a request before it is accepted; returns true when it has responded.</summary>
    public Func<HttpContext, Task<bool>> Fault { get; set; } = _ => Task.FromResult(false);

    public Version2Support Version2 { get; set; } = Version2Support.Rejects;

    /// <summary>The accepted samples, in order.</summary>
    public ConcurrentQueue<ReceivedSample> Samples { get; } = new();

    /// <summary>The number of messages of version 2.0.</summary>
    public int Version2Messages { get; private set; }

    public IHeaderDictionary? Headers => _server.LastHeaders;

    public string Url => _server.Url.ToString();

    public static async Task<FakeReceiver> StartAsync()
    {
        var receiver = new FakeReceiver();
        receiver._server = await FakeTarget.StartAsync(receiver.HandleAsync);
        return receiver;
    }

    public ReceivedSample? FindLast(string series) => Samples.LastOrDefault(sample => sample.Series == series);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (await Fault(context))
        {
            return;
        }

        var message = Snappy.DecompressToArray(body.ToArray());
        context.Response.StatusCode = 204;
        if (!context.Request.ContentType!.Contains("proto=io.prometheus.write.v2.Request", StringComparison.Ordinal))
        {
            Assert.Equal("0.1.0", context.Request.Headers["X-Prometheus-Remote-Write-Version"]);
            ReadVersion1(V1.WriteRequest.Parser.ParseFrom(message));
            return;
        }

        Assert.Equal("2.0.0", context.Request.Headers["X-Prometheus-Remote-Write-Version"]);
        Version2Messages++;
        if (Version2 == Version2Support.Accepts)
        {
            AssertOnlyVersion2Fields(message);
            var request = V2.Request.Parser.ParseFrom(message);
            ReadVersion2(request);
            context.Response.Headers["X-Prometheus-Remote-Write-Samples-Written"] =
                request.Timeseries.Count.ToString(CultureInfo.InvariantCulture);
        }
        else if (Version2 == Version2Support.Rejects)
        {
            context.Response.StatusCode = 415;
        }
    }

    // The fields of version 1.0 are reserved in 2.0, and the generated parser would skip them.
    private static void AssertOnlyVersion2Fields(byte[] message)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            Assert.InRange(WireFormat.GetTagFieldNumber(tag), V2.Request.SymbolsFieldNumber, V2.Request.TimeseriesFieldNumber);
            input.SkipLastField();
        }
    }

    private void ReadVersion1(V1.WriteRequest request)
    {
        Assert.All(request.Timeseries, series =>
        {
            var labels = series.Labels.ToList();
            Assert.Equal(labels.OrderBy(label => label.Name, StringComparer.Ordinal), labels);
            Assert.Equal(labels.Count, labels.DistinctBy(label => label.Name).Count());
            Assert.DoesNotContain(labels, label => label.Value.Length == 0);
            var sample = Assert.Single(series.Samples);
            Samples.Enqueue(new ReceivedSample(
                string.Join(',', labels.Select(label => $"{label.Name}={label.Value}")), sample.Value, sample.Timestamp));
        });
    }

    private void ReadVersion2(V2.Request request)
    {
        var symbols = request.Symbols;
        Assert.Equal("", symbols[0]);
        Assert.Equal(symbols.Count, symbols.Distinct().Count());
        foreach (var series in request.Timeseries)
        {
            var labels = ReadLabels(series.LabelsRefs);
            Assert.Equal(labels.Order(StringComparer.Ordinal), labels);
            var sample = Assert.Single(series.Samples);
            var exemplar = series.Exemplars
                .Select(e => string.Create(CultureInfo.InvariantCulture,
                    $"{string.Join(',', ReadLabels(e.LabelsRefs))} {e.Value} {(e.Timestamp == sample.Timestamp ? "at" : e.Timestamp)}"))
                .SingleOrDefault("");
            Samples.Enqueue(new ReceivedSample(string.Join(',', labels), sample.Value, sample.Timestamp)
            {
                Metadata = (
                    series.Metadata.Type, symbols[(int)series.Metadata.HelpRef], symbols[(int)series.Metadata.UnitRef], exemplar),
            });
        }

        List<string> ReadLabels(IReadOnlyList<uint> references)
        {
            Assert.All(references, reference => Assert.InRange((int)reference, 1, symbols.Count - 1));
            return [.. references.Chunk(2).Select(pair => $"{symbols[(int)pair[0]]}={symbols[(int)pair[1]]}")];
        }
    }
}
