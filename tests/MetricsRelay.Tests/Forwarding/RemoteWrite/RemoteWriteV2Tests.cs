using MetricsRelay.Forwarding.RemoteWrite;
using Snappier;
using static MetricsRelay.Tests.Forwarding.RemoteWrite.FakeReceiver;
using static MetricsRelay.Tests.Protos.RemoteWriteV2.Metadata.Types;

namespace MetricsRelay.Tests.Forwarding.RemoteWrite;

/// <summary>Version 2.0 of the protocol, and the fallback to 1.0.</summary>
public sealed class RemoteWriteV2Tests
{
    private const string Body = """
        # TYPE requests counter
        # HELP requests Requests that were answered.
        requests_total{path="/a"} 3 # {trace_id="abc"} 0.5 1700000000.5
        requests_total{path="/b"} 4
        # TYPE latency_seconds histogram
        # UNIT latency_seconds seconds
        latency_seconds_bucket{le="0.1"} 4 # {} 0.07
        latency_seconds_bucket{le="+Inf"} 7
        latency_seconds_count 7
        latency_seconds_sum 1.25
        # TYPE what unknown
        what NaN
        # EOF

        """;

    [Fact]
    public async Task Types_help_units_and_exemplars_arrive_together_with_the_samples()
    {
        await using var target = await FakeTarget.StartAsync(Body, "application/openmetrics-text; version=1.0.0");
        await using var receiver = await FakeReceiver.StartAsync();
        receiver.Version2 = Version2Support.Accepts;
        await using var relay = await StartAsync(target, receiver);

        await Eventually.AssertAsync(() => receiver.Samples.Count(s => s.Series == "__name__=what") > 3);

        Assert.Equal("application/x-protobuf; proto=io.prometheus.write.v2.Request", receiver.Headers!.ContentType);
        Assert.Equal("snappy", receiver.Headers.ContentEncoding);
        var first = receiver.Samples.DistinctBy(s => s.Series).ToDictionary(s => s.Series);
        Assert.Equal((3.0, (MetricType.Counter, "Requests that were answered.", "", "trace_id=abc 0.5 1700000000500")), Find("__name__=requests_total,path=/a"));
        Assert.Equal((4.0, (MetricType.Counter, "Requests that were answered.", "", "")), Find("__name__=requests_total,path=/b"));
        Assert.Equal((4.0, (MetricType.Histogram, "", "seconds", " 0.07 at")), Find("__name__=latency_seconds_bucket,le=0.1"));
        Assert.Equal((7.0, (MetricType.Histogram, "", "seconds", "")), Find("__name__=latency_seconds_bucket,le=+Inf"));
        Assert.Equal((1.25, (MetricType.Histogram, "", "seconds", "")), Find("__name__=latency_seconds_sum"));
        Assert.Equal((double.NaN, (MetricType.Unspecified, "", "", "")), Find("__name__=what"));
        // The first scrape of a cold process may time out: up is 0 then.
        Assert.Contains(receiver.Samples, s => s is { Series: "__name__=up", Value: 1, Metadata: (MetricType.Gauge, "Whether the last scrape of the target succeeded.", "", "") });

        // An exemplar is sent once, not with each scrape that still exposes it.
        Assert.Single(receiver.Samples, s => s.Series == "__name__=requests_total,path=/a" && s.Metadata.Exemplar.Length > 0);
        await relay.WaitForTextAsync("/statusz", "\"version\": \"2.0\"");

        Assert.Equal(0, await relay.TerminateAsync());
        Assert.All(receiver.Samples.GroupBy(s => s.Series), series => Assert.True(series.Last().IsStale, series.Key));

        (double, (MetricType, string, string, string)) Find(string series) => (first[series].Value, first[series].Metadata);
    }

    [Theory]
    [InlineData(Version2Support.Rejects)]
    [InlineData(Version2Support.Ignores)]
    internal async Task Receiver_without_support_for_2_0_gets_all_samples_in_1_0(Version2Support support)
    {
        await using var target = await FakeTarget.StartAsync(Body, "application/openmetrics-text; version=1.0.0");
        await using var receiver = await FakeReceiver.StartAsync();
        receiver.Version2 = support;
        var requests = 0;
        receiver.Fault = context =>
        {
            // Several batches of 2.0 are waiting when the first one is rejected.
            var fails = Interlocked.Increment(ref requests) < 4;
            context.Response.StatusCode = fails ? 503 : 204;
            return Task.FromResult(fails);
        };
        await using var relay = await StartAsync(target, receiver);

        await Eventually.AssertAsync(() => receiver.Samples.Count(s => s.Series == "__name__=latency_seconds_bucket,le=+Inf") > 20);
        await relay.WaitForTextAsync("/statusz", "\"version\": \"1.0\"");
        Assert.Equal(0, await relay.TerminateAsync());

        Assert.Equal(1, receiver.Version2Messages);
        Assert.Contains("Remote write falls back to 1.0", relay.Output, StringComparison.Ordinal);
        var times = receiver.Samples.Where(s => s.Series == "__name__=up").Select(s => s.Time).ToList();
        Assert.Equal(times.Order(), times);
        Assert.Equal(
            receiver.Samples.Count(s => s.Series == "__name__=up" && s.Value == 1),
            receiver.Samples.Count(s => s.Series == "__name__=requests_total,path=/a" && !s.IsStale));
    }

    [Fact]
    public void Message_of_2_0_converts_to_the_same_message_of_1_0()
    {
        var messages = new List<byte[]>();
        var version1 = new WriteRequestV1Builder((data, _, _) => messages.Add(Snappy.DecompressToArray(data)));
        var version2 = new WriteRequestV2Builder((data, _, _) => messages.Add(Snappy.DecompressToArray(WriteRequestV2Builder.ConvertToVersion1(data))));
        foreach (var request in (WriteRequestBuilder[])[version1, version2])
        {
            for (var i = 0; i < 3000; i++)
            {
                request.AddSample(Labels(i), i / 7.0, 1_700_000_000_000 + i, null, i % 10 == 0 ? "{a=\"b\"} 1"u8 : default);
            }

            request.CompleteMessage();
        }

        Assert.Equal(messages[0], messages[1]);

        static byte[] Labels(int i)
        {
            // { name = "__name__", value = "n" }, { name = "x", value = i }
            byte[] value = [.. "value "u8, (byte)('a' + (i % 26)), (byte)('a' + (i / 26 % 26)), (byte)('a' + (i / 676))];
            return
            [
                0x0A, 13, 0x0A, 8, .. "__name__"u8, 0x12, 1, (byte)'n',
                0x0A, (byte)(5 + value.Length), 0x0A, 1, (byte)'x', 0x12, (byte)value.Length, .. value,
            ];
        }
    }

    private static Task<RelayProcess> StartAsync(FakeTarget target, FakeReceiver receiver) => RelayProcess.StartAsync(
        $"--Scrape:Targets={target.Url}", "--Scrape:Interval=100ms", $"--RemoteWrite:Url={receiver.Url}", "--RemoteWrite:Version=2.0");
}
