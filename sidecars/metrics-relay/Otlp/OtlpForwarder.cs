using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MetricsRelay.Forward;
using MetricsRelay.Queue;
using MetricsRelay.Scrape;

namespace MetricsRelay.Otlp;

/// <summary>Forwards every scrape of the interval by OTLP over HTTP, and the end of every metric.</summary>
internal sealed class OtlpForwarder : IHostedService, IForwarder, IStatusSection, IDisposable
{
    private const string Format = "otlp";

    private readonly OtlpOptions _options;
    private readonly TimeProvider _time;
    private readonly Problems _problems;
    private readonly ReceiverClient _client;
    private readonly Delivery _delivery;
    private readonly Dictionary<string, (MetricStream Samples, MetricStream Report)> _targets = [];

    public OtlpForwarder(MetricsRelayOptions options, ForwarderParts parts)
    {
        (_options, _time, _problems) = (options.Otlp, parts.Time, parts.Problems);
        _client = new ReceiverClient(_options, parts.Time);
        _delivery = new Delivery(
            "otlp", _options.Url, options.Queue.Within(Format), "metrics_relay_otlp_queue_bytes", parts, SendAsync);
    }

    public string Name => "otlp";

    public bool WantsALastScrape => false;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _delivery.Start();
        return Task.CompletedTask;
    }

    public void Take(Target target)
    {
        var (samples, report, result) = target.Lease();
        try
        {
            lock (_targets)
            {
                if (!_targets.TryGetValue(target.Name, out var streams))
                {
                    var message = new MetricsMessage(_options.Resource, target.Name, Finished);
                    _targets.Add(target.Name, streams = (new MetricStream(message), new MetricStream(message)));
                }

                var at = result.At.ToUnixTimeMilliseconds();
                streams.Samples.Add(samples, at);
                streams.Report.Add(report, at);
                streams.Report.Finish();
            }
        }
        finally
        {
            samples?.Release();
            report.Release();
        }
    }

    public void End(IReadOnlySet<string> stillThere)
    {
        lock (_targets)
        {
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var name in _targets.Keys.Where(name => !stillThere.Contains(name)).ToList())
            {
                _targets.Remove(name, out var streams);
                streams.Samples.End(now);
                streams.Report.End(now);
                streams.Report.Finish();
            }
        }
    }

    /// <summary>The scrapes have ended: ends all metrics, and sends what is left while there is time.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        End(new HashSet<string>());
        return _delivery.StopAsync(cancellationToken);
    }

    public JsonNode DescribeStatus() => _delivery.DescribeStatus();

    public void Dispose()
    {
        _client.Dispose();
        _delivery.Dispose();
    }

    private void Finished(ReadOnlySpan<byte> message, long time, int points)
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write(message);
        }

        _delivery.Add(zipped.ToArray(), time, points, Format);
    }

    private async Task<SendOutcome> SendAsync(Batch batch, byte[] message, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url);
        request.Content = new ByteArrayContent(message);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        request.Content.Headers.ContentEncoding.Add("gzip");
        foreach (var (name, value) in _options.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var answer = await _client.SendAsync(request, cancellationToken);
        var outcome = answer.Judge(static status => status is HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);
        return outcome.Error is null ? Partly(batch, answer, outcome) : outcome;
    }

    // A collector takes what it can and says of how many points it did not; sending them again would not help.
    private SendOutcome Partly(Batch batch, ReceiverAnswer answer, SendOutcome accepted)
    {
        var (rejected, reason) = Rejected(answer.Body);
        if (rejected == 0 && reason.Length == 0)
        {
            _problems.Clear("otlp points");
            return accepted;
        }

        _problems.Report("otlp points",
            $"{_options.Url.Host} took all but {rejected} of {batch.Samples} points: {reason}",
            "Those are dropped; see what the collector does not like about them.");
        return accepted with { Name = rejected > 0 ? "partial" : accepted.Name, Written = batch.Samples - (int)Math.Min(rejected, batch.Samples) };
    }

    private static (long Points, string Reason) Rejected(byte[] answer)
    {
        var (points, reason) = (0L, "");
        try
        {
            // ExportMetricsServiceResponse { partial_success = 1 { rejected_data_points = 1, error_message = 2 } }
            for (var fields = new ProtoReader(answer); fields.Next();)
            {
                if (fields.Field != 1)
                {
                    continue;
                }

                for (var parts = new ProtoReader(fields.Bytes); parts.Next();)
                {
                    points = parts.Field == 1 ? Math.Max(0, parts.Number) : points;
                    reason = parts.Field == 2 ? Encoding.UTF8.GetString(parts.Bytes) : reason;
                }
            }
        }
        catch (InvalidDataException)
        {
            // Not protobuf: a proxy's page, say. The status said that it was taken.
        }

        return (points, reason);
    }
}
