using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Hosting;
using MetricsRelay.Queue;
using MetricsRelay.Scrape;

namespace MetricsRelay.RemoteWrite;

/// <summary>
/// Forwards every scrape of the interval. One sender takes the batches in their order and sends each until it is
/// acknowledged or refused for good, so the samples of a series arrive in the order of their times.
/// </summary>
internal sealed class RemoteWriter : IHostedService, IForwarder, IStatusSection, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly RemoteWriteOptions _options;
    private readonly TimeProvider _time;
    private readonly Problems _problems;
    private readonly BatchQueue _queue;
    private readonly RemoteWriteClient _client;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _samples;
    private readonly WriteRequest _request;
    private readonly Dictionary<string, (TargetSeries Samples, TargetSeries Report)> _targets = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _sending = Task.CompletedTask;
    private volatile bool _closing;
    private string? _lastError;
    private long _lastSent;

    public RemoteWriter(MetricsRelayOptions options, TimeProvider time, Problems problems, IMeterFactory meters)
    {
        _options = options.RemoteWrite;
        _time = time;
        _problems = problems;
        var meter = meters.Create("metrics_relay");
        _requests = meter.CreateCounter<long>(
            "metrics_relay_remote_write_requests_total", description: "Remote write requests by outcome.");
        _samples = meter.CreateCounter<long>(
            "metrics_relay_remote_write_samples_total", description: "Samples for remote write by what became of them.");
        _queue = new BatchQueue(options.Queue, problems, batch =>
            _samples.Add(batch.Samples, new KeyValuePair<string, object?>("outcome", "queue_full")));
        meter.CreateObservableGauge("metrics_relay_queue_bytes", () => _queue.Bytes, description: "Bytes that wait to be forwarded.");
        meter.CreateObservableGauge("metrics_relay_remote_write_lag_seconds", Lag,
            description: "Age of the oldest samples that wait to be forwarded; 0 when none do.");
        _client = new RemoteWriteClient(_options, time);
        _request = new WriteRequest(_queue.Add);
    }

    public string Name => "remote_write";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _sending = Task.Run(() => SendAllAsync(_stop.Token), cancellationToken);
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
                    _targets.Add(target.Name, series = (new TargetSeries(), new TargetSeries()));
                }

                var at = result.At.ToUnixTimeMilliseconds();
                series.Samples.Add(samples, at, _request);
                series.Report.Add(report, at, _request);
                _request.Finish();
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
                _targets.Remove(name, out var series);
                series.Samples.End(now, _request);
                series.Report.End(now, _request);
            }

            _request.Finish();
        }
    }

    /// <summary>The scrapes have ended: ends all series, and sends what is left while there is time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        End(new HashSet<string>());
        _closing = true;
        _stop.CancelAfter(Farewell);
        await using var hurry = cancellationToken.Register(_stop.Cancel);
        await _sending;
    }

    public JsonNode Describe() => new JsonObject
    {
        ["url"] = _options.Url?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        ["waiting_batches"] = _queue.Count,
        ["waiting_bytes"] = _queue.Bytes,
        ["lag_seconds"] = Lag(),
        ["last_accepted"] = _lastSent == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(_lastSent).ToString("O"),
        ["last_error"] = _lastError,
    };

    public void Dispose()
    {
        _client.Dispose();
        _queue.Dispose();
        _stop.Dispose();
    }

    private double Lag() =>
        _queue.First is { } oldest ? Math.Max(0, (_time.GetUtcNow().ToUnixTimeMilliseconds() - oldest.Time) / 1000.0) : 0;

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            var pause = FirstPause;
            while (!(_closing && _queue.First is null))
            {
                // Polled while closing, since nothing may arrive any more.
                if (_queue.First is not { } batch)
                {
                    await WaitAsync(cancellationToken);
                    continue;
                }

                var outcome = _queue.Read(batch) is { } message
                    ? await _client.SendAsync(message, cancellationToken)
                    : new SendOutcome("lost", true, "the batch is gone from the disk");
                Note(batch, outcome);
                if (outcome.Done)
                {
                    _queue.Remove(batch);
                    pause = FirstPause;
                    continue;
                }

                var wait = outcome.After is { } after && after > pause ? after : pause;
                await Task.Delay(wait, _time, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What is left stays in the queue's directory, if there is one.
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        soon.CancelAfter(TimeSpan.FromMilliseconds(200));
        await _queue.WaitAsync(soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Note(Batch batch, SendOutcome outcome)
    {
        _requests.Add(1, new KeyValuePair<string, object?>("outcome", outcome.Name));
        if (outcome.Done)
        {
            _samples.Add(batch.Samples, new KeyValuePair<string, object?>("outcome", outcome.Error is null ? "sent" : "refused"));
        }

        if (outcome.Error is null)
        {
            _lastSent = _time.GetUtcNow().ToUnixTimeMilliseconds();
            _lastError = null;
            _problems.Clear("remote write");
            return;
        }

        _lastError = outcome.Error;
        _problems.Report("remote write", $"{_options.Url?.Host} did not take the samples: {outcome.Error}",
            outcome.Done ? "These samples are dropped; see what the receiver does not like about them." : "They wait and are sent again.");
    }
}
