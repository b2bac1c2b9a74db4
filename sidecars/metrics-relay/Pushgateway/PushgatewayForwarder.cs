using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using MetricsRelay.Exposition;
using MetricsRelay.Forward;
using MetricsRelay.Merge;
using MetricsRelay.Scrape;

namespace MetricsRelay.Pushgateway;

/// <summary>
/// Keeps each target's last good scrape, and pushes them all when the relay ends. A Job's own process has ended by then
/// (a sidecar is stopped after it), so the last good scrape is all that there is.
/// </summary>
internal sealed partial class PushgatewayForwarder : IHostedService, IForwarder, IStatusSection, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private readonly PushgatewayOptions _options;
    private readonly ForwarderParts _parts;
    private readonly ILogger _logger;
    private readonly ReceiverClient _client;
    private readonly Uri _group;
    private readonly SortedDictionary<int, (string Name, Snapshot Samples)> _last = [];
    private bool _mayOverlap;

    public PushgatewayForwarder(MetricsRelayOptions options, ForwarderParts parts, ILogger<PushgatewayForwarder> logger)
    {
        (_options, _parts, _logger) = (options.Pushgateway, parts, logger);
        _client = new ReceiverClient(_options, parts.Time);
        var job = _options.Job.Length > 0 ? _options.Job : options.ExternalLabels.GetValueOrDefault("job", "metrics-relay");
        _group = GroupUrl.Of(_options.Url!, job, _options.Grouping);
    }

    public string Name => "pushgateway";

    public bool WantsALastScrape => true;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Take(Target target)
    {
        var (samples, report, _) = target.Lease();
        report.Release();
        if (samples is null)
        {
            return;
        }

        lock (_last)
        {
            if (_last.Remove(target.Order, out var before))
            {
                before.Samples.Release();
            }

            _last.Add(target.Order, (target.Name, samples));
            _mayOverlap = target.MayOverlap;
        }
    }

    public void End(IReadOnlySet<string> stillThere)
    {
        lock (_last)
        {
            foreach (var (order, (name, samples)) in _last.ToList())
            {
                if (!stillThere.Contains(name))
                {
                    _last.Remove(order);
                    samples.Release();
                }
            }
        }
    }

    /// <summary>Pushes, and tries again while there is time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var body = await WriteAsync();
        if (body.Length == 0)
        {
            Log.Nothing(_logger);
            return;
        }

        using var end = new CancellationTokenSource(Farewell, _parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            {
                var outcome = await PushAsync(body, either.Token);
                if (outcome.Error is null)
                {
                    Log.Pushed(_logger, body.Length, _group.Host);
                    return;
                }

                _parts.Problems.Report("pushgateway", $"{_group} did not take the metrics: {outcome.Error}",
                    outcome.Done ? "They are lost; see what it does not like about them." : "They are sent again while there is time.");
                if (outcome.Done)
                {
                    return;
                }

                await Task.Delay(outcome.After is { } after && after > pause ? after : pause, _parts.Time, either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            Log.GivenUp(_logger, _group.Host);
        }
    }

    public JsonNode DescribeStatus()
    {
        lock (_last)
        {
            return new JsonObject
            {
                ["group"] = _group.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
                ["method"] = _options.Method,
                ["targets_kept_for_the_end"] = _last.Count,
            };
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<byte[]> WriteAsync()
    {
        MergedExposition merged;
        lock (_last)
        {
            merged = MergedExposition.Of([.. _last.Values.Select(l => (l.Name, l.Samples))], _mayOverlap);
        }

        try
        {
            using var body = new MemoryStream();
            var pipe = PipeWriter.Create(body, new StreamPipeWriterOptions(leaveOpen: true));
            // A Pushgateway refuses metrics with times: they would look old as soon as they are there.
            await new ExpositionWriter(pipe, ExpositionFormat.Text, Escaping.Underscores, timestamps: false)
                .WriteAsync(merged.Families, CancellationToken.None);
            await pipe.CompleteAsync();
            return body.ToArray();
        }
        finally
        {
            merged.Release();
        }
    }

    private async Task<SendOutcome> PushAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(_options.Method), _group);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("text/plain; version=0.0.4; charset=utf-8");
        var answer = await _client.SendAsync(request, cancellationToken);
        return answer.Judge(static status => status >= HttpStatusCode.InternalServerError || status == HttpStatusCode.TooManyRequests);
    }

    private static partial class Log
    {
        [LoggerMessage(130, LogLevel.Information, "The last scrape is with {Gateway}: {Bytes} bytes")]
        public static partial void Pushed(ILogger logger, int bytes, string gateway);

        [LoggerMessage(131, LogLevel.Warning, "No target was ever up: nothing is pushed")]
        public static partial void Nothing(ILogger logger);

        [LoggerMessage(132, LogLevel.Error, "{Gateway} did not take the last scrape in time: it is lost")]
        public static partial void GivenUp(ILogger logger, string gateway);
    }
}
