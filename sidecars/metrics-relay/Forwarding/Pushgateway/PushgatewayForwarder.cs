using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using MetricsRelay.Exposition;
using MetricsRelay.Merging;
using MetricsRelay.Scraping;
using MetricsRelay.Writing;

namespace MetricsRelay.Forwarding.Pushgateway;

/// <summary>
/// Keeps the last successful scrape of each target and pushes them at shutdown. The process of a Job has exited by then, because
/// sidecars are stopped after it, so the last successful scrape is the best available data.
/// </summary>
internal sealed partial class PushgatewayForwarder : IHostedService, IScrapeForwarder, IStatusSection, IDisposable
{
    private static readonly TimeSpan InitialDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MaxPushTime = TimeSpan.FromSeconds(10);

    private readonly PushgatewayOptions _options;
    private readonly ForwarderContext _context;
    private readonly ILogger _logger;
    private readonly ReceiverClient _client;
    private readonly Uri _group;
    private readonly SortedDictionary<int, (string Name, ScrapeBuffer Samples)> _lastScrapes = [];
    private bool _mayOverlap;

    public PushgatewayForwarder(
        PushgatewayOptions options, ScrapeConfiguration scrape, ForwarderContext context, ILogger<PushgatewayForwarder> logger)
    {
        (_options, _context, _logger) = (options, context, logger);
        _client = new ReceiverClient(options, context.Time);
        var job = options.Job.Length > 0 ? options.Job : scrape.ExternalLabels.GetValueOrDefault("job", "metrics-relay");
        _group = GroupingUrl.BuildUrl(options.Url!, job, options.Grouping);
    }

    public string Name => "pushgateway";

    public bool NeedsFinalScrape => true;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void ForwardScrape(Target target)
    {
        var (samples, report, _) = target.LeaseLastScrape();
        report.ReleaseLease();
        if (samples is null)
        {
            return;
        }

        lock (_lastScrapes)
        {
            if (_lastScrapes.Remove(target.Order, out var previous))
            {
                previous.Samples.ReleaseLease();
            }

            _lastScrapes.Add(target.Order, (target.Name, samples));
            _mayOverlap = target.MayOverlap;
        }
    }

    public void EndMissingTargets(IReadOnlySet<string> remainingTargets)
    {
        lock (_lastScrapes)
        {
            foreach (var (order, (name, samples)) in _lastScrapes.ToList())
            {
                if (!remainingTargets.Contains(name))
                {
                    _lastScrapes.Remove(order);
                    samples.ReleaseLease();
                }
            }
        }
    }

    /// <summary>Pushes the last scrapes, with retries within a limited time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var body = await WriteLastScrapesAsync();
        if (body.Length == 0)
        {
            Log.NothingToPush(_logger);
            return;
        }

        using var timeout = new CancellationTokenSource(MaxPushTime, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            for (var delay = InitialDelay; ; delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay)
            {
                var outcome = await PushBodyAsync(body, either.Token);
                if (outcome.Error is null)
                {
                    Log.Pushed(_logger, body.Length, _group.Host);
                    return;
                }

                _context.Problems.Report("pushgateway", $"{_group} did not accept the metrics: {outcome.Error}",
                    outcome.IsFinal
                        ? "The metrics are lost. Fix the cause that the gateway names."
                        : "The metrics are sent again until the shutdown times out.");
                if (outcome.IsFinal)
                {
                    return;
                }

                await Task.Delay(
                    outcome.RetryAfter is { } retryAfter && retryAfter > delay ? retryAfter : delay, _context.Time, either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            Log.PushTimedOut(_logger, _group.Host);
        }
    }

    public JsonNode DescribeStatus()
    {
        lock (_lastScrapes)
        {
            return new JsonObject
            {
                ["group"] = _group.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
                ["method"] = _options.Method,
                ["targets_to_push_at_shutdown"] = _lastScrapes.Count,
            };
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<byte[]> WriteLastScrapesAsync()
    {
        MergedExposition merged;
        lock (_lastScrapes)
        {
            merged = MergedExposition.MergeSources([.. _lastScrapes.Values.Select(last => (last.Name, last.Samples))], _mayOverlap);
        }

        try
        {
            using var body = new MemoryStream();
            var pipe = PipeWriter.Create(body, new StreamPipeWriterOptions(leaveOpen: true));
            // A Pushgateway rejects metrics with timestamps.
            await new MergedExpositionWriter(pipe, ExpositionFormat.Text, NameEscaping.Underscores, includeTimestamps: false)
                .WriteFamiliesAsync(merged.Families, CancellationToken.None);
            await pipe.CompleteAsync();
            return body.ToArray();
        }
        finally
        {
            merged.ReleaseLease();
        }
    }

    private async Task<SendOutcome> PushBodyAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(_options.Method), _group);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("text/plain; version=0.0.4; charset=utf-8");
        var response = await _client.SendRequestAsync(request, cancellationToken);
        return response.ToOutcome(static status =>
            status >= HttpStatusCode.InternalServerError || status == HttpStatusCode.TooManyRequests);
    }

    private static partial class Log
    {
        [LoggerMessage(130, LogLevel.Information, "Pushed the last scrape to {Gateway}: {Bytes} bytes")]
        public static partial void Pushed(ILogger logger, int bytes, string gateway);

        [LoggerMessage(131, LogLevel.Warning, "Nothing to push: no target was ever up")]
        public static partial void NothingToPush(ILogger logger);

        [LoggerMessage(132, LogLevel.Error, "Shutdown timed out before {Gateway} accepted the last scrape; it is lost")]
        public static partial void PushTimedOut(ILogger logger, string gateway);
    }
}
