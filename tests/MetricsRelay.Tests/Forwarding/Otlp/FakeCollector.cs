using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using Google.Protobuf.Collections;
using MetricsRelay.Tests.Protos.Otlp;
using Microsoft.AspNetCore.Http;

namespace MetricsRelay.Tests.Forwarding.Otlp;

/// <summary>An OTLP collector that decodes messages with Google.Protobuf.</summary>
internal sealed class FakeCollector : IAsyncDisposable
{
    private FakeTarget _server = null!;

    /// <summary>Handles a request before it is accepted; returns true when it has responded.</summary>
    public Func<HttpContext, Task<bool>> Fault { get; set; } = _ => Task.FromResult(false);

    /// <summary>The body of the response to an accepted message.</summary>
    public byte[] Response { get; set; } = [];

    public ConcurrentQueue<ReceivedPoint> Points { get; } = new();

    public ConcurrentDictionary<string, string> Resources { get; } = new();

    public IHeaderDictionary? Headers => _server.LastHeaders;

    public string Path { get; private set; } = "";

    public Uri Url => new(_server.Url, "/");

    public static async Task<FakeCollector> StartAsync()
    {
        var collector = new FakeCollector();
        collector._server = await FakeTarget.StartAsync(collector.HandleAsync);
        return collector;
    }

    public ReceivedPoint? FindLast(string metric, string attributes = "") =>
        Points.LastOrDefault(point => point.Metric == metric && point.Attributes == attributes);

    public ReceivedPoint FindFirst(string metric, string attributes = "") =>
        Points.First(point => point.Metric == metric && point.Attributes == attributes);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await using (var gzip = new GZipStream(context.Request.Body, CompressionMode.Decompress))
        {
            await gzip.CopyToAsync(body);
        }

        if (await Fault(context))
        {
            return;
        }

        Path = context.Request.Path;
        foreach (var resourceMetrics in ExportMetricsServiceRequest.Parser.ParseFrom(body.ToArray()).ResourceMetrics)
        {
            foreach (var attribute in resourceMetrics.Resource.Attributes)
            {
                Resources[attribute.Key] = attribute.Value.StringValue;
            }

            foreach (var metric in resourceMetrics.ScopeMetrics.SelectMany(scope => scope.Metrics))
            {
                foreach (var point in ReadPoints(metric))
                {
                    Points.Enqueue(point);
                }
            }
        }

        context.Response.ContentType = "application/x-protobuf";
        await context.Response.Body.WriteAsync(Response);
    }

    private static IEnumerable<ReceivedPoint> ReadPoints(Metric metric)
    {
        switch (metric.DataCase)
        {
            case Metric.DataOneofCase.Gauge:
                return metric.Gauge.DataPoints.Select(point => ReadNumber(metric, "gauge", point));
            case Metric.DataOneofCase.Sum:
                Assert.Equal(AggregationTemporality.Cumulative, metric.Sum.AggregationTemporality);
                return metric.Sum.DataPoints.Select(point => ReadNumber(metric, metric.Sum.IsMonotonic ? "sum monotonic" : "sum", point));
            case Metric.DataOneofCase.Histogram:
                Assert.Equal(AggregationTemporality.Cumulative, metric.Histogram.AggregationTemporality);
                return metric.Histogram.DataPoints.Select(point => ReadHistogram(metric, point));
            default:
                return metric.Summary.DataPoints.Select(point => ReadSummary(metric, point));
        }
    }

    private static ReceivedPoint ReadNumber(Metric metric, string kind, NumberDataPoint point) => CreatePoint(
        metric, kind, point.Attributes, point.StartTimeUnixNano, point.TimeUnixNano, point.Flags,
        [
            .. point.HasAsDouble ? [Format(point.AsDouble)] : (string[])[],
            .. point.Exemplars.Select(FormatExemplar),
        ]);

    private static ReceivedPoint ReadHistogram(Metric metric, HistogramDataPoint point) => CreatePoint(
        metric, "histogram", point.Attributes, point.StartTimeUnixNano, point.TimeUnixNano, point.Flags,
        [
            $"count {point.Count}",
            .. point.HasSum ? [$"sum {Format(point.Sum)}"] : (string[])[],
            $"buckets {string.Join(',', point.BucketCounts)}",
            $"bounds {string.Join(',', point.ExplicitBounds.Select(Format))}",
            .. point.Exemplars.Select(FormatExemplar),
        ]);

    private static ReceivedPoint ReadSummary(Metric metric, SummaryDataPoint point) => CreatePoint(
        metric, "summary", point.Attributes, point.StartTimeUnixNano, point.TimeUnixNano, point.Flags,
        [
            .. point.QuantileValues.Select(quantile => $"q{Format(quantile.Quantile)}={Format(quantile.Value)}"),
            $"count {point.Count}",
            $"sum {Format(point.Sum)}",
        ]);

    private static ReceivedPoint CreatePoint(
        Metric metric, string kind, RepeatedField<KeyValue> attributes, ulong start, ulong time, uint flags, IEnumerable<string> parts)
    {
        const uint NoRecordedValue = 1;
        var head = string.Join(' ', new[] { kind, metric.Unit, metric.Description }.Where(text => text.Length > 0));
        return new ReceivedPoint(
            metric.Name,
            string.Join(',', attributes.Select(attribute => $"{attribute.Key}={attribute.Value.StringValue}")),
            string.Join("; ", parts.Prepend(head)),
            (long)(start / 1_000_000),
            (long)(time / 1_000_000),
            flags == NoRecordedValue);
    }

    private static string FormatExemplar(Exemplar exemplar) =>
        $"exemplar {Format(exemplar.AsDouble)} {Convert.ToHexStringLower(exemplar.TraceId.Span)}".TrimEnd();

    private static string Format(double value) => value.ToString(CultureInfo.InvariantCulture);
}
