using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using MetricsRelay.Queue;
using MetricsRelay.Scraping;

namespace MetricsRelay.Forwarding.RemoteWrite;

/// <summary>Forwards every interval scrape, and the end of every series, by remote write.</summary>
internal sealed partial class RemoteWriteForwarder : IHostedService, IScrapeForwarder, IStatusSection, IDisposable
{
    // The formats of batches, and the extensions of their files. After a restart, batches of both versions may be in the directory.
    private const string Format1 = "batch";
    private const string Format2 = "batch2";

    private const string SamplesWrittenHeader = "X-Prometheus-Remote-Write-Samples-Written";

    private readonly RemoteWriteOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReceiverClient _client;
    private readonly BatchSender _sender;
    private readonly WriteRequestV1Builder _request1;
    private readonly WriteRequestV2Builder _request2;
    private readonly SeriesOwnership _ownership = new();
    private readonly Dictionary<string, (SourceSeriesTracker Samples, SourceSeriesTracker Report)> _targets = [];
    private volatile bool _usesVersion2;

    public RemoteWriteForwarder(
        RemoteWriteOptions options, QueueOptions queue, ForwarderContext context, ILogger<RemoteWriteForwarder> logger)
    {
        (_options, _time, _logger) = (options, context.Time, logger);
        _usesVersion2 = options.Version == RemoteWriteOptions.Version2;
        _client = new ReceiverClient(options, context.Time);
        _sender = new BatchSender("remote_write", options.Url!, queue, "metrics_relay_queue_bytes", context, SendBatchAsync);
        _request1 = new WriteRequestV1Builder((data, time, samples) => _sender.EnqueueBatch(data, time, samples, Format1));
        _request2 = new WriteRequestV2Builder((data, time, samples) => _sender.EnqueueBatch(data, time, samples, Format2));
    }

    public string Name => "remote_write";

    public bool NeedsFinalScrape => false;

    private WriteRequestBuilder CurrentRequest => _usesVersion2 ? _request2 : _request1;

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
                    _targets.Add(target.Name, trackers = (new SourceSeriesTracker(_ownership), new SourceSeriesTracker(null)));
                }

                var time = result.StartTime.ToUnixTimeMilliseconds();
                var request = CurrentRequest;
                trackers.Samples.AddScrape(samples, time, request, target.MayOverlap ? target.Order : null);
                trackers.Report.AddScrape(report, time, request, null);
                request.CompleteMessage();
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
            var request = CurrentRequest;
            foreach (var name in _targets.Keys.Where(name => !remainingTargets.Contains(name)).ToList())
            {
                _targets.Remove(name, out var trackers);
                trackers.Samples.EndAllSeries(now, request);
                trackers.Report.EndAllSeries(now, request);
            }

            request.CompleteMessage();
        }
    }

    /// <summary>Ends all series after the last scrape, and sends the waiting batches within a limited time.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        EndMissingTargets(new HashSet<string>());
        return _sender.DrainAsync(cancellationToken);
    }

    public JsonNode DescribeStatus()
    {
        var status = _sender.DescribeStatus();
        status["version"] = _usesVersion2 ? RemoteWriteOptions.Version2 : RemoteWriteOptions.Version1;
        return status;
    }

    public void Dispose()
    {
        _client.Dispose();
        _sender.Dispose();
    }

    private async Task<SendOutcome> SendBatchAsync(QueuedBatch batch, byte[] message, CancellationToken cancellationToken)
    {
        try
        {
            if (batch.Format != Format2)
            {
                return await SendMessageAsync(message, isVersion2: false, cancellationToken);
            }

            if (_usesVersion2)
            {
                var outcome = await SendMessageAsync(message, isVersion2: true, cancellationToken);
                if (_usesVersion2)
                {
                    return outcome;
                }
            }

            return await SendMessageAsync(WriteRequestV2Builder.ConvertToVersion1(message), isVersion2: false, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            return new SendOutcome("lost", true, $"the file of the batch is damaged: {exception.Message}");
        }
    }

    private async Task<SendOutcome> SendMessageAsync(byte[] message, bool isVersion2, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url);
        request.Content = new ByteArrayContent(message);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        request.Content.Headers.ContentEncoding.Add("snappy");
        if (isVersion2)
        {
            request.Content.Headers.ContentType.Parameters.Add(new NameValueHeaderValue("proto", "io.prometheus.write.v2.Request"));
        }

        request.Headers.Add("X-Prometheus-Remote-Write-Version", isVersion2 ? "2.0.0" : "0.1.0");
        var response = await _client.SendRequestAsync(request, cancellationToken);
        var written = response.Headers.GetValueOrDefault(SamplesWrittenHeader);

        // A receiver of 1.0 that ignores the content type finds no known field and reports success. A receiver of 2.0 must report
        // how many samples it wrote.
        if (isVersion2 && (response.Status == HttpStatusCode.UnsupportedMediaType || (response.IsSuccess && written is null)))
        {
            Log.FellBackToVersion1(_logger, _options.Url!.Host, (int)response.Status!);
            _usesVersion2 = false;
        }

        var outcome = response.ToOutcome(static status =>
            status >= HttpStatusCode.InternalServerError || status == HttpStatusCode.TooManyRequests);
        return isVersion2 && int.TryParse(written, out var count) ? outcome with { WrittenSamples = count } : outcome;
    }

    private static partial class Log
    {
        [LoggerMessage(120, LogLevel.Information,
            "Remote write falls back to 1.0: {Receiver} does not support 2.0 (status {Status})")]
        public static partial void FellBackToVersion1(ILogger logger, string receiver, int status);
    }
}
