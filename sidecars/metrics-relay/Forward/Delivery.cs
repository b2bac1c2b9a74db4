using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using MetricsRelay.Queue;

namespace MetricsRelay.Forward;

/// <summary>
/// Brings batches to a receiver: one sender takes them in their order and sends each until it is acknowledged or refused
/// for good, so the samples of a series arrive in the order of their times.
/// </summary>
internal sealed class Delivery : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly string _area;
    private readonly Uri _receiver;
    private readonly TimeProvider _time;
    private readonly Problems _problems;
    private readonly BatchQueue _queue;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _samples;
    private readonly Func<Batch, byte[], CancellationToken, Task<SendOutcome>> _send;
    private readonly CancellationTokenSource _stop = new();
    private Task _sending = Task.CompletedTask;
    private volatile bool _closing;
    private string? _lastError;
    private long _lastSent;

    /// <param name="kind">What the metrics are called after, such as <c>remote_write</c>.</param>
    /// <param name="receiver">Where it goes.</param>
    /// <param name="queue">Where batches wait; the metric <paramref name="queueMetric"/> tells how many bytes do.</param>
    /// <param name="queueMetric">Name of the metric.</param>
    /// <param name="parts">What the receiver needs to know.</param>
    /// <param name="send">Sends one batch once.</param>
    public Delivery(
        string kind, Uri receiver, QueueOptions queue, string queueMetric, ForwarderParts parts,
        Func<Batch, byte[], CancellationToken, Task<SendOutcome>> send)
    {
        (_area, _receiver, _time, _problems, _send) = (kind.Replace('_', ' '), receiver, parts.Time, parts.Problems, send);
        var meter = parts.Meters.Create("metrics_relay");
        var name = "metrics_relay_" + kind;
        _requests = meter.CreateCounter<long>($"{name}_requests_total", description: $"Requests of {_area} by outcome.");
        _samples = meter.CreateCounter<long>($"{name}_samples_total", description: $"Samples for {_area} by what became of them.");
        _queue = new BatchQueue(queue, parts.Problems, batch =>
            _samples.Add(batch.Samples, new KeyValuePair<string, object?>("outcome", "queue_full")));
        meter.CreateObservableGauge(queueMetric, () => _queue.Bytes, description: $"Bytes that wait to be forwarded by {_area}.");
        meter.CreateObservableGauge($"{name}_lag_seconds", Lag,
            description: "Age of the oldest samples that wait to be forwarded; 0 when none do.");
    }

    /// <summary>Takes a batch, to be sent in its turn.</summary>
    public void Add(byte[] data, long time, int samples, string format) => _queue.Add(data, time, samples, format);

    public void Start() => _sending = Task.Run(() => SendAllAsync(_stop.Token));

    /// <summary>Nothing is added any more: sends what is left while there is time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _closing = true;
        _stop.CancelAfter(Farewell);
        await using var hurry = cancellationToken.Register(_stop.Cancel);
        await _sending;
    }

    public JsonObject DescribeStatus() => new()
    {
        ["url"] = _receiver.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        ["waiting_batches"] = _queue.Count,
        ["waiting_bytes"] = _queue.Bytes,
        ["lag_seconds"] = Lag(),
        ["last_accepted"] = _lastSent == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(_lastSent).ToString("O"),
        ["last_error"] = _lastError,
    };

    public void Dispose()
    {
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

                var outcome = await TrySendAsync(batch, cancellationToken);
                if (outcome.Done)
                {
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

    private async Task<SendOutcome> TrySendAsync(Batch batch, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = _queue.Read(batch) is { } message
                ? await _send(batch, message, cancellationToken)
                : new SendOutcome("lost", true, "the batch is gone from the disk, or cannot be read there");
            Note(batch, outcome);
            if (outcome.Done)
            {
                _queue.Remove(batch);
            }

            return outcome;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Nothing may end the sending: nobody would start it again, and all that comes would only wait.
            _lastError = $"{e.GetType().Name}: {e.Message}";
            _problems.Report(_area, $"Sending to {_receiver.Host} failed: {_lastError}",
                "The samples wait and are sent again. This is a fault of the relay.", e);
            return new SendOutcome("internal", false, _lastError);
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
            var written = Math.Min(outcome.Written ?? (outcome.Error is null ? batch.Samples : 0), batch.Samples);
            Count("sent", written);
            Count("refused", batch.Samples - written);
        }

        if (outcome.Error is null)
        {
            _lastSent = _time.GetUtcNow().ToUnixTimeMilliseconds();
            _lastError = null;
            _problems.Clear(_area);
            return;
        }

        _lastError = outcome.Error;
        _problems.Report(_area, $"{_receiver.Host} did not take the samples: {outcome.Error}",
            outcome.Done ? "These samples are dropped; see what the receiver does not like about them." : "They wait and are sent again.");
    }

    private void Count(string outcome, int samples)
    {
        if (samples > 0)
        {
            _samples.Add(samples, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }
}
