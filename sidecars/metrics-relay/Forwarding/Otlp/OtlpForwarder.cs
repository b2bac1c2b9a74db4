using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using MetricsRelay.Queue;
using MetricsRelay.Scraping;

namespace MetricsRelay.Forwarding.Otlp;

/// <summary>Forwards every interval scrape, and the end of every metric, by OTLP over HTTP.</summary>
internal sealed class OtlpForwarder : IHostedService, IScrapeForwarder, IStatusSection, IDisposable
{
    private const string Format = "otlp";

    private readonly OtlpOptions _options;
    private readonly TimeProvider _time;
    private readonly Problems _problems;
    private readonly ReceiverClient _client;
    private readonly BatchSender _sender;
    private readonly Dictionary<string, (SourcePointTracker Samples, SourcePointTracker Report)> _targets = [];

    public OtlpForwarder(OtlpOptions options, QueueOptions queue, ForwarderContext context)
    {
        (_options, _time, _problems) = (options, context.Time, context.Problems);
        _client = new ReceiverClient(options, context.Time);
        _sender = new BatchSender(
            "otlp", options.Url, queue.WithSubdirectory(Format), "metrics_relay_otlp_queue_bytes", context, SendBatchAsync);
    }

    public string Name => "otlp";

    public bool NeedsFinalScrape => false;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _sender.StartSending();
        return Task.CompletedTask;
    }

    public void ForwardScrape(Target target)
    {
        var (samples, report, result) = target.LeaseLastScrape();
        try
        {
            lock (_targets)
            {
                if (!_targets.TryGetValue(target.Name, out var trackers))
                {
                    var request = new ExportRequestBuilder(_options.Resource, target.Name, EnqueueMessage);
                    _targets.Add(target.Name, trackers = (new SourcePointTracker(request), new SourcePointTracker(request)));
                }

                var time = result.StartTime.ToUnixTimeMilliseconds();
                trackers.Samples.AddScrape(samples, time);
                trackers.Report.AddScrape(report, time);
                trackers.Report.CompleteMessage();
            }
        }
        finally
        {
            samples?.ReleaseLease();
            report.ReleaseLease();
        }
    }

    public void EndMissingTargets(IReadOnlySet<string> remainingTargets)
    {
        lock (_targets)
        {
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var name in _targets.Keys.Where(name => !remainingTargets.Contains(name)).ToList())
            {
                _targets.Remove(name, out var trackers);
                trackers.Samples.EndAllPoints(now);
                trackers.Report.EndAllPoints(now);
                trackers.Report.CompleteMessage();
            }
        }
    }

    /// <summary>Ends all metrics after the last scrape, and sends the waiting batches within a limited time.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        EndMissingTargets(new HashSet<string>());
        return _sender.DrainAsync(cancellationToken);
    }

    public JsonNode DescribeStatus() => _sender.DescribeStatus();

    public void Dispose()
    {
        _client.Dispose();
        _sender.Dispose();
    }

    private void EnqueueMessage(ReadOnlySpan<byte> message, long time, int points)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(message);
        }

        _sender.EnqueueBatch(compressed.ToArray(), time, points, Format);
    }

    private async Task<SendOutcome> SendBatchAsync(QueuedBatch batch, byte[] message, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url);
        request.Content = new ByteArrayContent(message);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        request.Content.Headers.ContentEncoding.Add("gzip");
        foreach (var (name, value) in _options.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await _client.SendRequestAsync(request, cancellationToken);
        var outcome = response.ToOutcome(static status => status is HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);
        return outcome.Error is null ? ApplyPartialSuccess(batch, response, outcome) : outcome;
    }

    // A collector that rejects some points accepts the others. Sending the rejected points again would not help.
    private SendOutcome ApplyPartialSuccess(QueuedBatch batch, ReceiverResponse response, SendOutcome accepted)
    {
        var (rejected, message) = PartialSuccess.ParseResponse(response.Body);
        if (rejected == 0 && message.Length == 0)
        {
            _problems.Clear("otlp points");
            return accepted;
        }

        _problems.Report("otlp points",
            $"{_options.Url.Host} accepted all but {rejected} of {batch.Samples} points: {message}",
            "The rejected points are dropped. Fix the cause that the collector names.");
        return accepted with
        {
            Name = rejected > 0 ? "partial" : accepted.Name,
            WrittenSamples = batch.Samples - (int)Math.Min(rejected, batch.Samples),
        };
    }
}
