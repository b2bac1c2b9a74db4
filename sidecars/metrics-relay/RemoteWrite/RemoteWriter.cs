using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using MetricsRelay.Forward;
using MetricsRelay.Queue;
using MetricsRelay.Scrape;

namespace MetricsRelay.RemoteWrite;

/// <summary>Forwards every scrape of the interval by remote write, and the end of every series.</summary>
internal sealed partial class RemoteWriter : IHostedService, IForwarder, IStatusSection, IDisposable
{
    // What a batch is, and on disk its file's extension. Each says so itself: after a restart either version may wait.
    private const string Format1 = "batch";
    private const string Format2 = "batch2";

    private const string WrittenHeader = "X-Prometheus-Remote-Write-Samples-Written";

    private readonly RemoteWriteOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReceiverClient _client;
    private readonly Delivery _delivery;
    private readonly WriteRequest1 _request1;
    private readonly WriteRequest2 _request2;
    private readonly Claims _claims = new();
    private readonly Dictionary<string, (TargetSeries Samples, TargetSeries Report)> _targets = [];
    private volatile bool _speaks2;

    public RemoteWriter(MetricsRelayOptions options, ForwarderParts parts, ILogger<RemoteWriter> logger)
    {
        (_options, _time, _logger) = (options.RemoteWrite, parts.Time, logger);
        _speaks2 = _options.Version == RemoteWriteOptions.Version2;
        _client = new ReceiverClient(_options, parts.Time);
        _delivery = new Delivery("remote_write", _options.Url!, options.Queue, "metrics_relay_queue_bytes", parts, SendAsync);
        _request1 = new WriteRequest1((data, time, samples) => _delivery.Add(data, time, samples, Format1));
        _request2 = new WriteRequest2((data, time, samples) => _delivery.Add(data, time, samples, Format2));
    }

    public string Name => "remote_write";

    public bool WantsALastScrape => false;

    private WriteRequest Request => _speaks2 ? _request2 : _request1;

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
                if (!_targets.TryGetValue(target.Name, out var series))
                {
                    _targets.Add(target.Name, series = (new TargetSeries(_claims), new TargetSeries(null)));
                }

                var at = result.At.ToUnixTimeMilliseconds();
                var request = Request;
                series.Samples.Add(samples, at, request, target.MayOverlap ? target.Order : null);
                series.Report.Add(report, at, request, null);
                request.Finish();
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
            var request = Request;
            foreach (var name in _targets.Keys.Where(name => !stillThere.Contains(name)).ToList())
            {
                _targets.Remove(name, out var series);
                series.Samples.End(now, request);
                series.Report.End(now, request);
            }

            request.Finish();
        }
    }

    /// <summary>The scrapes have ended: ends all series, and sends what is left while there is time.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        End(new HashSet<string>());
        return _delivery.StopAsync(cancellationToken);
    }

    public JsonNode DescribeStatus()
    {
        var status = _delivery.DescribeStatus();
        status["version"] = _speaks2 ? RemoteWriteOptions.Version2 : RemoteWriteOptions.Version1;
        return status;
    }

    public void Dispose()
    {
        _client.Dispose();
        _delivery.Dispose();
    }

    private async Task<SendOutcome> SendAsync(Batch batch, byte[] message, CancellationToken cancellationToken)
    {
        try
        {
            if (batch.Format != Format2)
            {
                return await SendAsync(message, version2: false, cancellationToken);
            }

            if (_speaks2)
            {
                var outcome = await SendAsync(message, version2: true, cancellationToken);
                if (_speaks2)
                {
                    return outcome;
                }
            }

            return await SendAsync(WriteRequest2.ToVersion1(message), version2: false, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            return new SendOutcome("lost", true, $"the batch was damaged on the disk: {e.Message}");
        }
    }

    private async Task<SendOutcome> SendAsync(byte[] message, bool version2, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url);
        request.Content = new ByteArrayContent(message);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        request.Content.Headers.ContentEncoding.Add("snappy");
        if (version2)
        {
            request.Content.Headers.ContentType.Parameters.Add(new NameValueHeaderValue("proto", "io.prometheus.write.v2.Request"));
        }

        request.Headers.Add("X-Prometheus-Remote-Write-Version", version2 ? "2.0.0" : "0.1.0");
        var answer = await _client.SendAsync(request, cancellationToken);
        var written = answer.Headers.GetValueOrDefault(WrittenHeader);

        // A receiver of 1.0 that does not look at the type of what it gets finds nothing in it and says that all is well;
        // one of 2.0 must say how much it wrote.
        if (version2 && (answer.Status == HttpStatusCode.UnsupportedMediaType || (answer.IsSuccess && written is null)))
        {
            Log.FellBack(_logger, _options.Url!.Host, (int)answer.Status!);
            _speaks2 = false;
        }

        var outcome = answer.Judge(static status => status >= HttpStatusCode.InternalServerError || status == HttpStatusCode.TooManyRequests);
        return version2 && int.TryParse(written, out var count) ? outcome with { Written = count } : outcome;
    }

    private static partial class Log
    {
        [LoggerMessage(120, LogLevel.Information, "{Receiver} does not know remote write 2.0 (it answered {Status}): it gets 1.0 from here on")]
        public static partial void FellBack(ILogger logger, string receiver, int status);
    }
}
