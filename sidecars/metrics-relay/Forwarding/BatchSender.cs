using System.Text.Json.Nodes;
using MetricsRelay.Queue;

namespace MetricsRelay.Forwarding;

/// <summary>
/// Sends batches to a receiver, one after the other: each is retried until it is acknowledged or finally rejected, so the samples of a
/// series arrive in the order of their times.
/// </summary>
internal sealed class BatchSender : IDisposable
{
    private static readonly TimeSpan InitialDelay = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxDrainTime = TimeSpan.FromSeconds(5);

    private readonly string _area;
    private readonly Uri _receiver;
    private readonly TimeProvider _time;
    private readonly Problems _problems;
    private readonly BatchQueue _queue;
    private readonly ForwarderMetrics _metrics;
    private readonly Func<QueuedBatch, byte[], CancellationToken, Task<SendOutcome>> _sendAsync;
    private readonly CancellationTokenSource _stop = new();
    private Task _sending = Task.CompletedTask;
    private volatile bool _isDraining;
    private string? _lastError;
    private long _lastAccepted;

    /// <param name="kind">The part of the metric names after <c>metrics_relay_</c>, such as <c>remote_write</c>.</param>
    /// <param name="receiver">The address of the receiver.</param>
    /// <param name="queue">The options of the queue.</param>
    /// <param name="queueMetric">The name of the metric for the waiting bytes.</param>
    /// <param name="context">The services of the process.</param>
    /// <param name="sendAsync">Sends one batch once.</param>
    public BatchSender(
        string kind, Uri receiver, QueueOptions queue, string queueMetric, ForwarderContext context,
        Func<QueuedBatch, byte[], CancellationToken, Task<SendOutcome>> sendAsync)
    {
        (_area, _receiver, _time, _problems, _sendAsync) = (kind.Replace('_', ' '), receiver, context.Time, context.Problems, sendAsync);
        _queue = new BatchQueue(queue, context.Problems, batch => _metrics!.RecordDroppedSamples(batch.Samples));
        _metrics = new ForwarderMetrics(kind, queueMetric, context, () => (_queue.Bytes, GetLagSeconds()));
    }

    /// <inheritdoc cref="BatchQueue.EnqueueBatch"/>
    public void EnqueueBatch(byte[] data, long time, int samples, string format) => _queue.EnqueueBatch(data, time, samples, format);

    public void StartSending() => _sending = Task.Run(() => SendAllAsync(_stop.Token));

    /// <summary>Sends the waiting batches within a limited time. No batch may be added afterwards.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        _stop.CancelAfter(MaxDrainTime);
        await using var cancellation = cancellationToken.Register(_stop.Cancel);
        await _sending;
    }

    public JsonObject DescribeStatus() => new()
    {
        ["url"] = _receiver.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        ["waiting_batches"] = _queue.Count,
        ["waiting_bytes"] = _queue.Bytes,
        ["lag_seconds"] = GetLagSeconds(),
        ["last_accepted"] = _lastAccepted == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(_lastAccepted).ToString("O"),
        ["last_error"] = _lastError,
    };

    public void Dispose()
    {
        _queue.Dispose();
        _stop.Dispose();
    }

    private double GetLagSeconds() =>
        _queue.First is { } oldest ? Math.Max(0, (_time.GetUtcNow().ToUnixTimeMilliseconds() - oldest.Time) / 1000.0) : 0;

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            var delay = InitialDelay;
            while (!(_isDraining && _queue.First is null))
            {
                if (_queue.First is not { } batch)
                {
                    await WaitForBatchAsync(cancellationToken);
                    continue;
                }

                var outcome = await TrySendAsync(batch, cancellationToken);
                if (outcome.IsFinal)
                {
                    delay = InitialDelay;
                    continue;
                }

                await Task.Delay(outcome.RetryAfter is { } retryAfter && retryAfter > delay ? retryAfter : delay, _time, cancellationToken);
                delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The remaining batches stay in the directory of the queue, if it has one.
        }
    }

    private async Task<SendOutcome> TrySendAsync(QueuedBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = _queue.ReadBatch(batch) is { } message
                ? await _sendAsync(batch, message, cancellationToken)
                : new SendOutcome("lost", true, "the file of the batch is missing or not readable");
            RecordOutcome(batch, outcome);
            if (outcome.IsFinal)
            {
                _queue.RemoveBatch(batch);
            }

            return outcome;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // An unexpected exception must not end the loop, because nothing would restart it.
            _lastError = $"{exception.GetType().Name}: {exception.Message}";
            _problems.Report(_area, $"Sending to {_receiver.Host} failed: {_lastError}",
                "The samples wait and are sent again. This is a bug in the relay; please report it.", exception);
            return new SendOutcome("internal", false, _lastError);
        }
    }

    // Waits for a limited time, because no further batch may arrive while draining.
    private async Task WaitForBatchAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromMilliseconds(200));
        await _queue.WaitForBatchAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void RecordOutcome(QueuedBatch batch, SendOutcome outcome)
    {
        _metrics.RecordRequest(outcome.Name);
        if (outcome.IsFinal)
        {
            var sent = Math.Min(outcome.WrittenSamples ?? (outcome.Error is null ? batch.Samples : 0), batch.Samples);
            _metrics.RecordFinishedBatch(sent, batch.Samples - sent);
        }

        _lastError = outcome.Error;
        if (outcome.Error is null)
        {
            _lastAccepted = _time.GetUtcNow().ToUnixTimeMilliseconds();
            _problems.Clear(_area);
            return;
        }

        _problems.Report(_area, $"{_receiver.Host} did not accept the samples: {outcome.Error}",
            outcome.IsFinal
                ? "These samples are dropped. Fix the cause that the receiver names."
                : "The samples wait and are sent again.");
    }
}
